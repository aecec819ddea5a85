// proxmox_task: jobs of the cluster: list, status, log, stop, wait.
#include "arguments.hpp"
#include "consent.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

#include <algorithm>

namespace proxmox {

namespace {

constexpr std::size_t kListed = 50;
constexpr std::size_t kLogLines = 200;

Upid upid_of(const mre::json &arguments) {
  const std::string text = text_of(arguments, "upid");
  const auto upid = parse_upid(text);
  if (!upid) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/upid: '" + text + "' is no UPID",
                     "UPID:node:pid:pstart:start:type:id:user: with the colon at the end, as the "
                     "tools return it");
  }
  return *upid;
}

NodeCommand get_task(const Upid &upid, const std::string &what) {
  NodeCommand command{"pvesh",
                      {"get", "/nodes/" + upid.node + "/tasks/" + upid.text + "/" + what,
                       "--output-format", "json"}};
  if (what == "log") { // all of it, not only the first 50 lines
    command.words.insert(command.words.end(), {"--limit", "0"});
  }
  return command;
}

struct ListedTask {
  Upid upid;
  bool is_running = false;
  std::string result;
};

// What is no task of the form the node's release promises is left out, not guessed at.
std::optional<ListedTask> read_task(const mre::json &row) {
  const auto upid = parse_upid(text_at(row, "upid"));
  if (!upid) {
    return std::nullopt;
  }
  const std::string exit_status = text_at(row, "exitstatus");
  return ListedTask{*upid, !has_ended(row),
                    exit_status.empty() ? text_at(row, "status") : exit_status};
}

mre::Reply list_tasks(const Node &node) {
  const mre::json rows = parse_json(
      node.run_one({"pvesh", {"get", "/cluster/tasks", "--output-format", "json"}}), "tasks");
  std::vector<ListedTask> listed;
  for (const mre::json &row : rows.is_array() ? rows : mre::json::array()) {
    if (auto task = read_task(row)) {
      listed.push_back(*std::move(task));
    }
  }
  std::sort(listed.begin(), listed.end(), [](const ListedTask &left, const ListedTask &right) {
    return is_newer(left.upid, right.upid);
  });
  listed.resize(std::min(listed.size(), kListed));
  mre::json tasks = mre::json::array();
  std::string text;
  for (const ListedTask &task : listed) {
    tasks.push_back({{"upid", task.upid.text},
                     {"type", task.upid.type},
                     {"guest", task.upid.id},
                     {"node", task.upid.node},
                     {"user", task.upid.user},
                     {"start", task.upid.start},
                     {"state", task.is_running ? "running" : "stopped"},
                     {"result", task.is_running ? mre::json() : mre::json(task.result)}});
    text += task.upid.text + "  " + (task.is_running ? "running" : task.result) + "\n";
  }
  return mre::Reply::of(text.empty() ? "There are no tasks." : text,
                        {{"action", "list"}, {"tasks", std::move(tasks)}, {"host", node.name()}});
}

// A task that runs is looked at once a second, on the node, until the wait is over.
mre::json wait_for(const Node &node, const Upid &upid, std::chrono::seconds wait) {
  const std::string script =
      "w=$1; shift; b=$(date +%s)\n"
      "while :; do s=$(\"$@\") || exit\n"
      "case $s in *'\"running\"'*) ;; *) break ;; esac\n"
      "[ $(($(date +%s)-b)) -ge $w ] && break\nsleep 1\ndone\nprintf '%s\\n' \"$s\"";
  const mre::Executed done = node.execute(node.command_for(
      script_line(script, {std::to_string(wait.count())}, get_task(upid, "status"), node.login()),
      wait + std::chrono::minutes(1)));
  const Attempt attempt{"pvesh get task", node.name()};
  check_outcome(done, attempt);
  if (done.exit_code != 0) {
    throw refusal(attempt, done.err, done.out);
  }
  return parse_json(done.out, "task status");
}

mre::Reply status_of(const Node &node, const Upid &upid, std::chrono::seconds wait) {
  const mre::json read = wait_for(node, upid, wait);
  const std::string result = text_at(read, "exitstatus");
  const bool is_running = text_at(read, "status") == "running";
  return mre::Reply::of(upid.type + " of " + upid.id + " on " + upid.node + ": " +
                            (is_running ? "running" : result),
                        {{"action", "status"},
                         {"upid", upid.text},
                         {"state", is_running ? "running" : "stopped"},
                         {"result", is_running ? mre::json() : mre::json(result)},
                         {"host", node.name()}});
}

mre::Reply log_of(const Node &node, const Upid &upid) {
  const mre::json read = parse_json(node.run_one(get_task(upid, "log")), "task log");
  std::vector<std::string> lines;
  if (read.is_array()) {
    for (const mre::json &row : read) {
      if (row.is_object()) {
        lines.push_back(text_at(row, "t"));
      }
    }
  }
  const std::size_t total = lines.size();
  if (total > kLogLines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLogLines));
  }
  std::string text = lines.empty() ? "The log is empty." : "";
  for (const std::string &line : lines) {
    text += line + "\n";
  }
  return mre::Reply::of(std::move(text), {{"action", "log"},
                                          {"upid", upid.text},
                                          {"log", lines},
                                          {"lines", total},
                                          {"host", node.name()}});
}

mre::Reply stop_task(const Node &node, const Upid &upid, const mre::json &arguments) {
  need_consent(arguments, node.call(),
               "stop the task " + upid.type + " of " + upid.id + " on " + upid.node);
  node.run_one({"pvesh", {"delete", "/nodes/" + upid.node + "/tasks/" + upid.text}});
  constexpr std::chrono::seconds kStopPatience{10};
  const mre::json read = wait_for(node, upid, kStopPatience);
  const bool is_running = text_at(read, "status") == "running";
  return mre::Reply::of(
      is_running ? "The task was asked to stop and still runs." : "The task is stopped.",
      {{"action", "stop"},
       {"upid", upid.text},
       {"state", is_running ? "running" : "stopped"},
       {"result", is_running ? mre::json() : mre::json(text_at(read, "exitstatus"))},
       {"host", node.name()}});
}

mre::Reply task(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Node node(plugin.host, call, text_of(arguments, "host"));
  const std::string action = text_of(arguments, "action");
  if (action == "list") {
    return list_tasks(node);
  }
  const Upid upid = upid_of(arguments);
  if (action == "log") {
    return log_of(node, upid);
  }
  if (action == "stop") {
    return stop_task(node, upid, arguments);
  }
  return status_of(node, upid, std::chrono::seconds(arguments.value("wait", 0)));
}

} // namespace

mre::Tool task_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_task";
  tool.title = "Jobs of the cluster";
  tool.description =
      "List jobs, or follow one by its UPID: status (waits up to wait seconds for its "
      "end), log, stop (needs consent).";
  tool.promises = MRE_TASK;
  mre::Schema wait_zero = wait();
  wait_zero["default"] = 0;
  tool.input = input({"action"}, {{"action", one_of({"list", "status", "log", "stop"})},
                                  {"upid", text()},
                                  {"host", text()},
                                  {"wait", wait_zero},
                                  {"confirm", confirm()}});
  tool.output = output({"action"}, {{"action", text()},
                                    {"upid", text()},
                                    {"state", text()},
                                    {"result", text_or_null()},
                                    {"tasks", {{"type", "array"}}},
                                    {"log", {{"type", "array"}}},
                                    {"lines", count()},
                                    {"host", text()}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return task(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
