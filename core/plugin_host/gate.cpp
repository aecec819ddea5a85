#include "core/plugin_host/gate.hpp"

namespace mre::plugin_host {

Result<void> Gate::admit(State &state, const std::stop_token &stop, bool is_ready) const {
  if (stop.stop_requested()) {
    return Error{Errc::cancelled, "the call was cancelled while it waited for plugin " + name_, {}};
  }
  if (!state.is_open) {
    return Error{Errc::unavailable, "plugin " + name_ + " is switched off", {}};
  }
  if (state.stuck >= width_) {
    return Error{Errc::unavailable, "plugin " + name_ + " is stuck in a call that does not end",
                 "restart the server; this is a defect of the plugin"};
  }
  if (!is_ready) {
    return Error{Errc::limit, "plugin " + name_ + " is busy with other calls", "try again later"};
  }
  ++state.inside;
  return {};
}

Result<void> Gate::enter(const std::stop_token &stop, std::optional<Milliseconds> patience) {
  // The empty visit orders the wake-up after a waiter's check, so that none is lost.
  const std::stop_callback wake(stop, [this] {
    state_.with([](State &) {});
    state_.notify_all();
  });
  const auto is_over = [&](const State &state) {
    return !state.is_open || state.inside < width_ || state.stuck >= width_ ||
           stop.stop_requested();
  };
  if (!patience) {
    return state_.wait(is_over, [&](State &state) { return admit(state, stop, true); });
  }
  return state_.wait_until(
      std::chrono::steady_clock::now() + *patience, is_over,
      [&](State &state, bool is_ready) { return admit(state, stop, is_ready); });
}

void Gate::note_stuck() {
  state_.with([](State &state) { ++state.stuck; });
  state_.notify_all();
}

void Gate::note_loose() {
  state_.with([](State &state) { --state.stuck; });
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
      end, [](const State &state) { return state.inside + state.background == state.stuck; },
      [](const State &state, bool is_over) { return is_over && state.stuck == 0; });
}

bool Gate::has_stuck() const {
  return state_.with([](const State &state) { return state.stuck > 0; });
}

std::size_t Gate::inside() const {
  return state_.with([](const State &state) { return state.inside + state.background; });
}

} // namespace mre::plugin_host
