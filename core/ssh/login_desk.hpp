// What the logins of one host need to hear from a person, and what the person said.
//
// Promise: a login never waits here. One that could go on with a person's word leaves the question
// and fails; the word is there for the next one. Words are forgotten once a login ended without a
// further question, and after kLoginWordsKept. A settled question about a key stays, for calls
// whose login failed on it before it was settled and who come to ask only now. Threads: any.
// Lifetime: shared by the engine, its pools and the logins under way.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/config/host.hpp"
#include "core/ssh/known_hosts.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mre::ssh {

struct LoginQuestion {
  std::string id;    // stable: names the host and the very thing in question
  std::string place; // of the host: "web-1 (10.0.0.5:22)"
  std::string user;

  // Either a server key that is recorded nowhere, and the file that would record it …
  std::optional<HostKey> key;
  std::string fingerprint;
  std::string file;

  // … or what the server asks with an echo: printable, short, and still the server's words.
  std::vector<std::string> prompts;
  std::string instruction;
};

LoginQuestion question_about_key(const config::HostConfig &host, const HostKey &key);

class LoginDesk {
public:
  explicit LoginDesk(const Clock &clock) : clock_(clock) {}

  // From a login.
  void ask(LoginQuestion question);
  // The answers to the prompts of the question, when the person gave them.
  std::optional<std::vector<std::string>> words(const std::string &id) const;
  void ended_without_question(); // got in, or failed for another reason
  // The host's certificate as it was seen last, so that not every login has to ask for it. It is
  // judged anew each time.
  std::string certificate() const;
  void keep_certificate(std::string certificate); // empty: forget it

  // From the person's side.
  std::optional<LoginQuestion> question() const;         // that waits for its answer
  std::optional<LoginQuestion> settled_question() const; // that had it
  void settle(const std::string &id, std::vector<std::string> words);
  // Grows with each settled question: a login that failed on one that was settled meanwhile may be
  // made again.
  std::uint64_t settled() const;

private:
  struct Words {
    std::vector<std::string> words;
    SteadyTime given;
  };
  struct State {
    std::optional<LoginQuestion> question;
    bool is_settled = false;            // the question
    std::map<std::string, Words> words; // by question
    std::uint64_t settled = 0;
    std::string certificate;
  };

  const Clock &clock_;
  Guarded<State> state_;
};

} // namespace mre::ssh
