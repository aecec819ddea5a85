// How a plugin reaches other tools: the need, in the terms of this room. The object graph gives the
// implementation, since only the protocol engine may run calls.
//
// Threads: any; call() blocks until the tool ended. Lifetime: outlives the plugins.
#pragma once

#include "core/tools/call_context.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mre::tools {

struct NestedCall {
  std::string tool;
  Json arguments = Json::object();
  std::string caller;                  // the plugin's id
  std::shared_ptr<CallContext> parent; // null: work outside a call
  std::stop_token stop;                // ends it; the parent's own is looked at as well
  std::string key_prefix;              // of its questions among the parent's
  std::function<bool()> may_ask = {};  // false once the parent had an effect
};

struct NestedResult {
  Json rendered; // the result object of tools/call
  bool is_error = false;
  bool is_read_only = false; // the tool promised to change nothing
};

// The result, questions for the parent's client (keys already prefixed), or why it was not run.
using NestedOutcome = std::variant<NestedResult, std::vector<InputRequest>, Error>;

class ToolCaller {
public:
  virtual ~ToolCaller() = default;
  virtual NestedOutcome call(NestedCall call) = 0;
  virtual Result<std::string> explain(std::string_view name) const = 0;
};

} // namespace mre::tools
