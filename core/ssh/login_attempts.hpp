// What was tried at one login, and how each ended: for the person who has to mend it.
//
// Promise: kept as data until text is asked for; holds names of methods, files and keys, never a
// secret. Threads: one, that of the login. Lifetime: of its login.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mre::ssh {

class LoginAttempts {
public:
  void note(std::string what, std::string how) {
    attempts_.push_back({std::move(what), std::move(how), End::other});
  }
  void note_refused(std::string what) {
    attempts_.push_back({std::move(what), "refused", End::refused});
  }
  // The server's offers have changed after a refusal: it took that step, and asks for another one
  // (RFC 4252 section 5.1, "partial success").
  void take_last() {
    if (!attempts_.empty() && attempts_.back().end == End::refused) {
      attempts_.back().how = "accepted, and the server asks for more";
      attempts_.back().end = End::taken;
    }
  }
  std::size_t count() const { return attempts_.size(); }

  // The steps that were taken, in front of the last one: "key /k and ", or nothing.
  std::string taken_steps() const {
    std::string steps;
    for (const Attempt &attempt : attempts_) {
      if (attempt.end == End::taken) {
        steps += attempt.what + " and ";
      }
    }
    return steps;
  }
  // "key /k (refused), password (none is configured)".
  std::string text() const {
    std::string all;
    for (const Attempt &attempt : attempts_) {
      all += (all.empty() ? "" : ", ") + attempt.what + " (" + attempt.how + ")";
    }
    return all.empty() ? "nothing" : all;
  }

private:
  enum class End { refused, taken, other };
  struct Attempt {
    std::string what, how;
    End end;
  };
  std::vector<Attempt> attempts_;
};

} // namespace mre::ssh
