#include "core/plugin_host/gate.hpp"

namespace mre::plugin_host {

Result<void> Gate::enter(const std::stop_token &stop) {
  // The empty visit orders the wake-up after a waiter's check, so that none is lost.
  const std::stop_callback wake(stop, [this] {
    state_.with([](State &) {});
    state_.notify_all();
  });
  return state_.wait(
      [&](const State &state) {
        return !state.is_open || state.inside < width_ || stop.stop_requested();
      },
      [&](State &state) -> Result<void> {
        if (stop.stop_requested()) {
          return Error{
              Errc::cancelled, "the call was cancelled while it waited for plugin " + name_, {}};
        }
        if (!state.is_open) {
          return Error{Errc::unavailable, "plugin " + name_ + " is switched off", {}};
        }
        ++state.inside;
        return {};
      });
}

void Gate::leave() {
  state_.with([](State &state) { --state.inside; });
  state_.notify_all();
}

void Gate::enter_background() {
  state_.with([](State &state) { ++state.background; });
}

void Gate::leave_background() {
  state_.with([](State &state) { --state.background; });
  state_.notify_all();
}

void Gate::open() {
  state_.with([](State &state) { state.is_open = true; });
}

void Gate::close() {
  state_.with([](State &state) { state.is_open = false; });
  state_.notify_all();
}

bool Gate::is_open() const {
  return state_.with([](const State &state) { return state.is_open; });
}

bool Gate::wait_idle(SteadyTime end) {
  return state_.wait_until(
      end, [](const State &state) { return state.inside + state.background == 0; },
      [](const State &, bool idle) { return idle; });
}

std::size_t Gate::inside() const {
  return state_.with([](const State &state) { return state.inside + state.background; });
}

} // namespace mre::plugin_host
