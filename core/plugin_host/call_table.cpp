#include "core/plugin_host/call_table.hpp"

#include "core/guard/limits.hpp"
#include "core/plugin_host/call_state.hpp"
#include "core/plugin_host/instance.hpp"

namespace mre::plugin_host {

mre_call *CallTable::open(std::shared_ptr<CallState> state, std::weak_ptr<Instance> owner) {
  auto made = std::make_unique<mre_call>();
  made->state.with([&](auto &held) { held = std::move(state); });
  made->owner = std::move(owner);
  mre_call *handle = made.get();
  state_.with([&](State &table) { table.live.emplace(handle, std::move(made)); });
  return handle;
}

void CallTable::close(mre_call *handle) {
  std::unique_ptr<mre_call> forgotten; // freed outside the lock
  const std::shared_ptr<CallState> released =
      handle->state.with([](auto &held) { return std::exchange(held, nullptr); });
  state_.with([&](State &table) {
    const auto found = table.live.find(handle);
    table.ended.push_back(std::move(found->second));
    table.live.erase(found);
    if (table.ended.size() > limits::kEndedCalls) {
      forgotten = std::move(table.ended.front());
      table.ended.pop_front();
    }
  });
}

std::vector<std::shared_ptr<CallState>> CallTable::under_way() const {
  std::vector<std::shared_ptr<CallState>> calls;
  state_.with([&](const State &table) {
    for (const auto &entry : table.live) {
      if (auto call = entry.second->state.with([](const auto &held) { return held; })) {
        calls.push_back(std::move(call));
      }
    }
  });
  return calls;
}

std::shared_ptr<CallState> find_call(mre_call *handle, const char *function) {
  if (handle == nullptr) {
    return nullptr;
  }
  auto state = handle->state.with([](const auto &held) { return held; });
  if (!state) {
    if (const auto owner = handle->owner.lock()) {
      owner->blame(std::string("used a call that has ended, in ") + function);
    }
  } else {
    state->note_sign();
  }
  return state;
}

} // namespace mre::plugin_host
