// What a tool is: names, schemas as text, promises, and the handler behind it. And what one owner
// declares together.
//
// Promise: plain values; schemas are kept verbatim, so that a client sees what the author wrote, in
// his order. Threads: values, immutable once in a snapshot. Lifetime: a snapshot holds handlers,
// and through them plugins, alive.
#pragma once

#include "core/tools/call_context.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mre::tools {

// Bits as in mre/plugin.h: a zero mask is the most dangerous tool there is; forgetting a bit never
// makes it look safer.
struct Promises {
  bool read_only = false;
  bool additive = false; // destructiveHint false
  bool idempotent = false;
  bool closed_world = false; // openWorldHint false
  bool local_paths = false;  // names files of the server's machine
};

// Whether calls of a tool can run as tasks (MCP 2025-11-25 tools, execution.taskSupport).
enum class TaskSupport { forbidden, optional, required };

// Runs a tool. invoke() may return at once and finish later; it ends every call exactly once
// through the context.
class ToolHandler {
public:
  virtual ~ToolHandler() = default;
  // On a worker thread when blocks() is true, else on the dispatching thread, where it must not
  // wait for anything.
  virtual void invoke(const std::shared_ptr<CallContext> &call, const Json &arguments) = 0;
  virtual bool blocks() const = 0;
};

struct ToolDeclaration {
  std::string name;
  std::string title;
  std::string description;
  std::string input_schema;  // JSON text, minified, verbatim order
  std::string output_schema; // or empty
  std::string replaces;      // "owner:name" or empty
  Promises promises;
  TaskSupport task_support = TaskSupport::forbidden;
  std::shared_ptr<ToolHandler> handler;
};

struct Suppression {
  std::string selector; // "name", "owner:name", "owner:*"
  std::string reason;
  std::string instead; // a tool's name, or empty
  bool required = false;
};

// All that one owner ("core", or a plugin's id) declares; takes effect as one unit.
struct OwnerDeclaration {
  std::string owner;
  std::string version;
  std::vector<ToolDeclaration> tools;
  std::vector<Suppression> suppressions;
};

} // namespace mre::tools
