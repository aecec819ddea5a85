// The handles that plugins hold of calls.
//
// Promise: a handle belongs to one call and no other for the next kEndedCalls calls, so a plugin
// that uses one after its call has ended meets an empty handle and not somebody else's call.
// Threads: any.
#pragma once

#include "core/base/guarded.hpp"

#include <mre/plugin.h>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mre::plugin_host {
class CallState;
class Instance;
} // namespace mre::plugin_host

// What `mre_call` is on this side of the boundary.
struct mre_call {
  mre::Guarded<std::shared_ptr<mre::plugin_host::CallState>> state; // empty once the call has ended
  std::weak_ptr<mre::plugin_host::Instance> owner;                  // whom to blame
};

namespace mre::plugin_host {

class CallTable {
public:
  mre_call *open(std::shared_ptr<CallState> state, std::weak_ptr<Instance> owner);
  void close(mre_call *handle);
  std::vector<std::shared_ptr<CallState>> under_way() const;

private:
  struct State {
    std::unordered_map<mre_call *, std::unique_ptr<mre_call>> live;
    std::deque<std::unique_ptr<mre_call>> ended;
  };
  Guarded<State> state_;
};

// The call behind a handle. Null (with the blame in the log) when it has ended; null for a null
// handle.
std::shared_ptr<CallState> find_call(mre_call *handle, const char *function);

} // namespace mre::plugin_host
