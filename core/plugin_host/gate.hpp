// The door of one plugin: lets at most `width` calls in at once, holds the others, and can be
// closed.
//
// Promise: whoever is inside stays counted until leave(); wait_idle() knows when nobody is left. A
// call that waits gives up when its stop token says so or the door closes. Work beside the calls
// (timers, jobs) is counted as well, and takes nobody's place. Threads: any.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/base/result.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

namespace mre::plugin_host {

class Gate {
public:
  Gate(std::string name, std::size_t width) : name_(std::move(name)), width_(width) {}

  // cancelled, or unavailable when the door is closed.
  // With a patience: limit, when everybody inside stays for that long.
  Result<void> enter(const std::stop_token &stop,
                     std::optional<Milliseconds> patience = std::nullopt);
  void leave();
  // One who is inside does not come out: with every place taken so, callers are turned away.
  void note_stuck();
  void note_loose(); // and did after all
  void enter_background();
  void leave_background();
  void open();
  void close();
  bool is_open() const;
  // True when nobody is inside any more; waits until `end`, or until only those are left who do not
  // come out.
  bool wait_idle(SteadyTime end);
  bool has_stuck() const;
  std::size_t inside() const; // calls and background work

private:
  struct State;
  Result<void> admit(State &state, const std::stop_token &stop, bool is_ready) const;

  struct State {
    bool is_open = false;
    std::size_t inside = 0;
    std::size_t background = 0;
    std::size_t stuck = 0; // of those inside
  };
  const std::string name_;
  const std::size_t width_;
  Guarded<State> state_;
};

} // namespace mre::plugin_host
