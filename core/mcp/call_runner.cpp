#include "core/mcp/call_runner.hpp"

#include "core/base/guarded.hpp"
#include "core/base/nearest.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/invocation.hpp"
#include "core/mcp/uri_template.hpp"
#include "core/tools/explain.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace mre::mcp {
namespace {

constexpr int kInvalidParams = -32602;
constexpr std::size_t kShownName = 128; // as long as a tool's name may be (MCP server/tools)
constexpr int kResourceNotFound =
    -32002; // of the handshake era; the engine renders it for the other one

tools::ProtocolError unknown_tool(const tools::Snapshot &snapshot, const std::string &name) {
  std::vector<std::string> names;
  for (const auto &tool : snapshot.tools()) {
    names.push_back(tool.declaration->name);
  }
  const std::string shown = name.substr(0, kShownName);
  const std::string nearest = nearest_name(shown, names);
  return {
      kInvalidParams,
      "there is no tool '" + shown + "'" +
          (nearest.empty() ? "; tools/list names all tools" : "; did you mean " + nearest + "?"),
      Json{{"tool", shown}, {"nearest", nearest.empty() ? Json() : Json(nearest)}}};
}

tools::ProtocolError hidden_tool(const tools::ResolvedTool &tool) {
  return {kInvalidParams, tools::explain_hidden(tool), tools::describe_hidden(tool)};
}

tools::ProtocolError local_only_tool(const std::string &name) {
  return {kInvalidParams,
          "the tool '" + name +
              "' is hidden from clients on a network: its local paths would be the server's own "
              "files. With TRANSFER_ROOT set, the operator confines and thereby allows it",
          Json{{"tool", name}, {"state", "local_only"}, {"by", "TRANSFER_ROOT"}, {"use", Json()}}};
}

// What the name stands for in this snapshot. The pointers are owned by the snapshot.
struct Target {
  std::string owner;
  std::string audit_name;
  std::shared_ptr<const tools::JsonSchema> input, output;
  bool blocks = true;
  std::function<void(const std::shared_ptr<tools::CallContext> &, const CallRequest &)> invoke;
};
using Lookup = std::variant<Target, tools::ProtocolError>;

Lookup find_tool(const tools::Snapshot &snapshot, const CallRequest &request) {
  const tools::VisibleTool *tool = snapshot.find(request.tool);
  if (tool == nullptr) {
    const tools::ResolvedTool *hidden = snapshot.find_hidden(request.tool);
    return hidden != nullptr ? hidden_tool(*hidden) : unknown_tool(snapshot, request.tool);
  }
  if (!tools::is_shown(*tool, request.audience)) {
    return local_only_tool(request.tool);
  }
  const auto handler = tool->declaration->handler;
  return Target{tool->owner,
                request.tool,
                tool->input,
                tool->output,
                handler->blocks(),
                [handler](const auto &call, const CallRequest &given) {
                  handler->invoke(call, given.arguments);
                }};
}

Lookup find_resource_target(const tools::Snapshot &snapshot, const CallRequest &request) {
  const tools::ResourceDeclaration *resource = find_resource(snapshot, request.tool);
  if (resource == nullptr) {
    return tools::ProtocolError{kResourceNotFound, "there is no resource '" + request.tool + "'",
                                Json{{"uri", request.tool}}};
  }
  const auto handler = resource->handler;
  return Target{
      "resource " + resource->name,
      "resources/read",
      nullptr,
      nullptr,
      true,
      [handler](const auto &call, const CallRequest &given) { handler->read(call, given.tool); }};
}

Lookup find_prompt(const tools::Snapshot &snapshot, const CallRequest &request) {
  for (const auto &prompt : snapshot.prompts()) {
    if (prompt.name == request.tool) {
      const auto handler = prompt.handler;
      return Target{"prompt " + prompt.name,
                    "prompts/get",
                    nullptr,
                    nullptr,
                    true,
                    [handler](const auto &call, const CallRequest &given) {
                      handler->get(call, given.arguments);
                    }};
    }
  }
  return tools::ProtocolError{kInvalidParams,
                              "there is no prompt '" + request.tool.substr(0, kShownName) + "'",
                              Json{{"prompt", request.tool.substr(0, kShownName)}}};
}

Lookup find_command(const tools::Snapshot &snapshot, const CallRequest &request) {
  const std::size_t space = std::min(request.tool.find(' '), request.tool.size());
  const std::string_view words(request.tool);
  const tools::CommandDeclaration *command = snapshot.find_command(
      words.substr(0, space), words.substr(std::min(space + 1, words.size())));
  if (command == nullptr) {
    return tools::ProtocolError{kInvalidParams, "there is no command '" + request.tool + "'", {}};
  }
  const auto handler = command->handler;
  return Target{command->owner,
                request.tool,
                nullptr,
                nullptr,
                true,
                [handler](const auto &call, const CallRequest &given) {
                  handler->run(call, given.arguments.value("words", std::vector<std::string>()));
                }};
}

Lookup find_target(const tools::Snapshot &snapshot, const CallRequest &request) {
  switch (request.kind) {
  case CallKind::resource:
    return find_resource_target(snapshot, request);
  case CallKind::prompt:
    return find_prompt(snapshot, request);
  case CallKind::command:
    return find_command(snapshot, request);
  case CallKind::tool:
    break;
  }
  return find_tool(snapshot, request);
}

// What the audit calls a call whose target was not found.
std::string name_in_audit(CallKind kind, const std::string &name) {
  switch (kind) {
  case CallKind::resource:
    return "resources/read";
  case CallKind::prompt:
    return "prompts/get";
  case CallKind::tool:
  case CallKind::command:
    break;
  }
  return name.substr(0, kShownName);
}

// A plugin waits for whom it calls: two that call each other would wait for ever, and a long chain
// is a mistake.
Result<void> check_chain(const CallRequest &request, const std::string &owner) {
  std::string way;
  for (const std::string &caller : request.chain) {
    way += caller + " -> ";
  }
  if (std::find(request.chain.begin(), request.chain.end(), owner) != request.chain.end()) {
    return Error{Errc::conflict,
                 "'" + request.tool + "' belongs to a plugin that takes part in this call: " + way +
                     owner,
                 "a plugin calls its own functions directly"};
  }
  if (request.chain.size() > limits::kToolCallDepth) {
    return Error{Errc::limit,
                 "tools call each other more than " + std::to_string(limits::kToolCallDepth) +
                     " deep: " + way + owner,
                 {}};
  }
  return {};
}

// The last barrier in front of a handler: nothing it throws gets past here.
void run_handler(const Target &target, const std::shared_ptr<Invocation> &invocation) {
  const auto context = invocation->make_context();
  if (context->is_cancelled()) {
    return; // given up while it waited for a thread; the context's end answers
  }
  const auto failed = [&](const std::string &what) {
    context->finish(tools::ToolResult::failure(
        {Errc::internal,
         "'" + context->tool() + "' of " + target.owner + " failed unexpectedly: " + what,
         "this is a defect of the tool; tell its author"}));
  };
  try {
    target.invoke(context, invocation->request());
  } catch (const std::exception &exception) {
    failed(exception.what());
  } catch (...) {
    failed("an unknown exception");
  }
}

} // namespace

struct CallRunner::State {
  explicit State(const CallCollaborators &collaborators)
      : parts(collaborators), pool({.name = "handler",
                                    .max_threads = limits::kHandlerThreads,
                                    .max_queued = limits::kHandlerQueue},
                                   collaborators.log) {}

  std::shared_ptr<Invocation> make_invocation(CallRequest request, const Lookup &lookup,
                                              tools::SnapshotPtr snapshot,
                                              std::function<void(CallOutcome)> done);
  void remember(const std::shared_ptr<Invocation> &invocation) {
    running.with([&](auto &list) {
      std::erase_if(list, [](const auto &call) { return call.expired(); });
      list.push_back(invocation);
    });
  }
  void launch(Target target, const std::shared_ptr<Invocation> &invocation);

  const CallCollaborators parts;
  std::atomic<std::uint64_t> calls{0};
  Guarded<std::vector<std::weak_ptr<Invocation>>> running;
  WorkerPool pool; // last: its threads end before what they use
};

void CallRunner::State::launch(Target target, const std::shared_ptr<Invocation> &invocation) {
  if (!target.blocks || invocation->request().runs_here) {
    run_handler(target, invocation);
    return;
  }
  auto accepted =
      pool.submit([target = std::move(target), invocation] { run_handler(target, invocation); });
  if (!accepted) {
    invocation->finish(tools::ToolResult::failure(std::move(accepted).error()));
  }
}

CallRunner::CallRunner(const CallCollaborators &collaborators)
    : state_(std::make_unique<State>(collaborators)) {}

CallRunner::~CallRunner() {
  const auto running = state_->running.with([](auto &list) { return std::exchange(list, {}); });
  for (const auto &call : running) {
    if (const auto invocation = call.lock()) {
      invocation->cancel();
    }
  }
}

std::shared_ptr<Invocation>
CallRunner::State::make_invocation(CallRequest request, const Lookup &lookup,
                                   tools::SnapshotPtr snapshot,
                                   std::function<void(CallOutcome)> done) {
  const Target *target = std::get_if<Target>(&lookup);
  InvocationPlan plan{.request = std::move(request),
                      .call_id = "c" + std::to_string(++calls),
                      .owner = target != nullptr ? target->owner : std::string(),
                      .audit_name = {},
                      .snapshot = std::move(snapshot),
                      .input = target != nullptr ? target->input : nullptr,
                      .output = target != nullptr ? target->output : nullptr,
                      .done = std::move(done)};
  plan.audit_name =
      target != nullptr ? target->audit_name : name_in_audit(plan.request.kind, plan.request.tool);
  return std::make_shared<Invocation>(std::move(plan), parts);
}

// The invocation is made before anything is checked: a call that is refused leaves its records too.
std::shared_ptr<RunningCall> CallRunner::start(CallRequest request,
                                               std::function<void(CallOutcome)> done) {
  const tools::SnapshotPtr snapshot = state_->parts.registry.current();
  auto lookup = find_target(*snapshot, request);
  const auto invocation =
      state_->make_invocation(std::move(request), lookup, snapshot, std::move(done));
  if (auto recorded = invocation->begin(); !recorded) {
    invocation->refuse(tools::ToolResult::failure(std::move(recorded).error()));
    return invocation;
  }
  if (auto *error = std::get_if<tools::ProtocolError>(&lookup)) {
    invocation->refuse(std::move(*error));
    return invocation;
  }
  Target target = std::move(std::get<Target>(lookup));
  if (!invocation->request().arguments.is_object()) {
    invocation->refuse(tools::ProtocolError{kInvalidParams, "the arguments must be an object", {}});
    return invocation;
  }
  if (target.input) {
    if (auto valid = target.input->validate(invocation->request().arguments); !valid) {
      invocation->refuse(tools::ToolResult::failure(std::move(valid).error()));
      return invocation;
    }
  }
  if (auto closed = check_chain(invocation->request(), target.owner); !closed) {
    invocation->refuse(
        tools::ProtocolError{kInvalidParams, closed.error().message,
                             Json{{"tool", invocation->request().tool},
                                  {"refused", std::string(to_word(closed.error().code))}}});
    return invocation;
  }
  state_->remember(invocation);
  state_->launch(std::move(target), invocation);
  return invocation;
}

CallEnd CallRunner::refuse(CallRequest request, CallEnd end) {
  const tools::SnapshotPtr snapshot = state_->parts.registry.current();
  const auto lookup = find_target(*snapshot, request);
  CallEnd told = tools::ToolResult{};
  const auto invocation =
      state_->make_invocation(std::move(request), lookup, snapshot, [&told](CallOutcome outcome) {
        if (auto *result = std::get_if<tools::ToolResult>(&outcome)) {
          told = std::move(*result);
        } else if (auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
          told = std::move(*error);
        }
      });
  auto recorded = invocation->begin();
  invocation->refuse(recorded ? std::move(end)
                              : tools::ToolResult::failure(std::move(recorded).error()));
  return told;
}

Result<void> CallRunner::run_blocking(std::function<void()> job) {
  return state_->pool.submit(std::move(job));
}

} // namespace mre::mcp
