#include "core/mcp/capabilities.hpp"

#include "core/mcp/client_abilities.hpp"
#include "core/mcp/peer.hpp"

#include <algorithm>

namespace mre::mcp {

bool has_any(const tools::Snapshot &snapshot, ContentKind kind) {
  switch (kind) {
  case ContentKind::resources:
    return !snapshot.resources().empty();
  case ContentKind::prompts:
    return !snapshot.prompts().empty();
  case ContentKind::completions:
    break;
  }
  return !snapshot.completions().empty();
}

bool has_task_tools(const tools::Snapshot &snapshot) {
  return std::any_of(snapshot.tools().begin(), snapshot.tools().end(), [](const auto &tool) {
    return tool.declaration->task_support != tools::TaskSupport::forbidden;
  });
}

Json capabilities(const tools::Snapshot &snapshot, std::string_view version) {
  Json declared = {{"tools", {{"listChanged", true}}}, {"logging", Json::object()}};
  if (has_any(snapshot, ContentKind::resources)) {
    declared["resources"] = {{"subscribe", true}, {"listChanged", true}};
  }
  if (has_any(snapshot, ContentKind::prompts)) {
    declared["prompts"] = {{"listChanged", true}};
  }
  if (has_any(snapshot, ContentKind::completions)) {
    declared["completions"] = Json::object();
  }
  if (has_task_tools(snapshot) && version == kStatelessVersion) {
    declared["extensions"] = {{kTasksExtension, Json::object()}};
  } else if (has_task_tools(snapshot) && has_tasks(version)) {
    declared["tasks"] = {{"list", Json::object()},
                         {"cancel", Json::object()},
                         {"requests", {{"tools", {{"call", Json::object()}}}}}};
  }
  return declared;
}

std::string instructions(const tools::Snapshot &snapshot) {
  std::string text = "This server runs commands and handles files on remote machines over SSH.";
  if (snapshot.find("ssh_list_hosts") != nullptr) {
    text +=
        " ssh_list_hosts names the machines; tools that act on one take it as `host`, and without "
        "it use the host `default` or the only one.";
  }
  if (snapshot.find("ssh_exec_command") != nullptr) {
    text += " A command that ran has outcome `exited`, whatever its exit_code.";
  }
  if (snapshot.find("ssh_read_output") != nullptr) {
    text += " Of output that was cut, ssh_read_output reads the rest by its output_id.";
  }
  return text + " A failure begins with its code and says what to do next.";
}

bool require_kind(Exchange &exchange, const tools::Snapshot &snapshot, ContentKind kind) {
  const auto declared = [kind](const Session &session) {
    return kind == ContentKind::resources ? session.has_resources
           : kind == ContentKind::prompts ? session.has_prompts
                                          : session.has_completions;
  };
  if (has_any(snapshot, kind) ||
      (exchange.request().era == Era::handshake && exchange.peer().session().with(declared))) {
    return true;
  }
  exchange.fail(
      {code::kMethodNotFound,
       "'" + exchange.request().method + "' is not served: nothing of this kind is offered",
       {}});
  return false;
}

} // namespace mre::mcp
