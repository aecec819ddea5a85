#include "core/mcp/capabilities.hpp"

#include "core/mcp/peer.hpp"

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

Json capabilities(const tools::Snapshot &snapshot) {
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
