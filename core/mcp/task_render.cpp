#include "core/mcp/task_render.hpp"

#include "core/base/timestamp.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/era.hpp"
#include "core/mcp/request_audience.hpp"

namespace mre::mcp {
namespace {

bool is_protocol_error(const TaskView &task) {
  return std::holds_alternative<tools::ProtocolError>(*task.end);
}

const char *status_word(const TaskView &task, Era era) {
  switch (task.status) {
  case TaskStatus::working:
    return "working";
  case TaskStatus::input_required:
    return "input_required";
  case TaskStatus::cancelled:
    return "cancelled";
  case TaskStatus::ended:
    break;
  }
  if (is_protocol_error(task)) {
    return "failed";
  }
  const bool is_error = std::get<tools::ToolResult>(*task.end).error.has_value();
  return is_error && era == Era::handshake ? "failed" : "completed";
}

// Of a task that did not go well, the first words of why.
std::string status_message(const TaskView &task) {
  if (!task.end) {
    return task.message;
  }
  if (const auto *error = std::get_if<tools::ProtocolError>(task.end.get())) {
    return error->message;
  }
  const auto &result = std::get<tools::ToolResult>(*task.end);
  return result.error ? result.error->message : std::string();
}

Json render_common(const TaskView &task, Era era) {
  Json object = {{"taskId", task.id},
                 {"status", status_word(task, era)},
                 {"createdAt", rfc3339(task.created)},
                 {"lastUpdatedAt", rfc3339(task.updated)}};
  if (std::string message = status_message(task); !message.empty()) {
    object["statusMessage"] = std::move(message);
  }
  return object;
}

} // namespace

Json render_session_task(const TaskView &task) {
  Json object = render_common(task, Era::handshake);
  object["ttl"] = task.lifetime.count();
  object["pollInterval"] = limits::kTaskPoll.count();
  return object;
}

Json render_stateless_task(const TaskView &task) {
  Json object = render_common(task, Era::stateless);
  object["ttlMs"] = task.lifetime.count();
  object["pollIntervalMs"] = limits::kTaskPoll.count();
  return object;
}

Json render_stateless_detail(const TaskView &task) {
  Json object = render_stateless_task(task);
  if (task.status == TaskStatus::input_required) {
    Json &requests = object["inputRequests"] = Json::object();
    for (const auto &question : task.questions) {
      requests[question.key] = {{"method", question.method}, {"params", question.params}};
    }
  }
  if (task.status != TaskStatus::ended) {
    return object;
  }
  if (is_protocol_error(task)) {
    const auto error = for_era(std::get<tools::ProtocolError>(*task.end), Era::stateless);
    Json &rendered = object["error"] = {{"code", error.code}, {"message", error.message}};
    if (!error.data.is_null()) {
      rendered["data"] = error.data;
    }
  } else {
    object["result"] = render_call_result(std::get<tools::ToolResult>(*task.end), Era::stateless);
  }
  return object;
}

Json related_task(const std::string &id) {
  return {{meta_name("related-task"), {{"taskId", id}}}};
}

} // namespace mre::mcp
