#include "core/plugin_host/call_watch.hpp"

#include "core/guard/limits.hpp"
#include "core/plugin_host/call_state.hpp"
#include "core/plugin_host/parts.hpp"

namespace mre::plugin_host {

void CallWatch::begin() {
  // Mostly armed already: a call costs one look at a flag.
  if (!is_armed_.load(std::memory_order_relaxed) && !is_armed_.exchange(true)) {
    arm();
  }
}

void CallWatch::arm() {
  state_.with([this](State &state) {
    if (state.has_ended) {
      return;
    }
    if (!state.timer) {
      state.timer = std::make_unique<Timer>();
    }
    state.timer->after(limits::kCallWatchInterval, [this] { look(); });
  });
}

void CallWatch::end() {
  const auto timer = state_.with([](State &state) { // joined outside the lock
    state.has_ended = true;
    return std::move(state.timer);
  });
}

void CallWatch::look() {
  const auto calls = parts_.calls.under_way();
  const SteadyTime now = parts_.clock.now();
  const Milliseconds patience = parts_.current_settings()->max_timeout;
  for (const auto &call : calls) {
    call->look_after(now, patience);
  }
  if (!calls.empty()) {
    arm();
    return;
  }
  is_armed_ = false;
  if (!parts_.calls.under_way().empty()) { // one began meanwhile
    begin();
  }
}

} // namespace mre::plugin_host
