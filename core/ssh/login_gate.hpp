// How many logins may be under way on one machine at once.
//
// Promise: at most limits::kLoginsPerHost of them between a start and its leave(), whatever names
// the host book has for the machine; the others start in the order in which they came, each once.
// Threads: the reactor. Lifetime: outlives who enters.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace mre::ssh {

class LoginGate {
public:
  using Start = std::function<void()>;

  // Starts at once when there is room, else from a later leave().
  void enter(const std::string &machine, Start start);
  void leave(const std::string &machine);

private:
  struct Place {
    std::size_t inside = 0;
    std::deque<Start> waiting;
  };
  std::map<std::string, Place> places_;
};

} // namespace mre::ssh
