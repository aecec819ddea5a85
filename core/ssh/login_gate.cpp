// See login_gate.hpp.
#include "core/ssh/login_gate.hpp"

#include "core/guard/limits.hpp"

#include <utility>

namespace mre::ssh {

void LoginGate::enter(const std::string &machine, Start start) {
  Place &place = places_[machine];
  if (place.inside >= limits::kLoginsPerHost) {
    place.waiting.push_back(std::move(start));
    return;
  }
  ++place.inside;
  start(); // may leave at once, so nothing of the place is touched after it
}

void LoginGate::leave(const std::string &machine) {
  const auto found = places_.find(machine);
  if (found == places_.end()) {
    return;
  }
  Place &place = found->second;
  if (!place.waiting.empty()) { // its slot changes hands
    const Start next = std::move(place.waiting.front());
    place.waiting.pop_front();
    next();
    return;
  }
  if (--place.inside == 0) {
    places_.erase(found);
  }
}

} // namespace mre::ssh
