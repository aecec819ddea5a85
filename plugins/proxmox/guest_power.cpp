// proxmox_guest_power: start, stop, shutdown, reboot, suspend, resume. Idempotent.
#include "arguments.hpp"
#include "await_status.hpp"
#include "consent.hpp"
#include "job.hpp"
#include "parse.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

// suspended machines are "running" to qm status; the verbose form knows better.
std::string state_of(const Node &node, const Guest &guest) {
  const auto fields = parse_fields(node.run_one(
      {program_for(guest.kind), {"status", std::to_string(guest.id), "--verbose"}}, only_reads()));
  const auto paused = fields.find("qmpstatus");
  if (paused != fields.end() && paused->second == "paused") {
    return "paused";
  }
  const auto status = fields.find("status");
  return status == fields.end() ? "unknown" : status->second;
}

bool is_there_already(const std::string &action, const std::string &state) {
  return (action == "start" && state == "running") || (action == "resume" && state == "running") ||
         ((action == "stop" || action == "shutdown") && state == "stopped") ||
         (action == "suspend" && state == "paused");
}

// pct suspend freezes and tells nobody: for a container resume always has to be asked for.
bool can_tell(const Guest &guest, const std::string &action) {
  return guest.kind == Kind::machine || (action != "suspend" && action != "resume");
}

Job job_for(const Guest &guest, const std::string &action, std::chrono::seconds wait) {
  Job job;
  job.command = {program_for(guest.kind), {action, std::to_string(guest.id)}};
  job.task_type = (guest.kind == Kind::container ? "vz" : "qm") + action;
  if (job.task_type == "qmsuspend") {
    job.other_task_type = "qmpause"; // newer releases keep that word for one to the disk
  }
  job.id = guest.id;
  job.wait = wait;
  return job;
}

// Somebody was faster: what was asked for is so.
bool says_it_is_there(const std::string &action, const mre::Error &error) {
  const std::string_view said = error.what();
  const bool is_down = said.find(" not running") != std::string_view::npos ||
                       said.find(" is not running") != std::string_view::npos;
  return error.status() == MRE_CONFLICT &&
         (action == "start" ? said.find(" already running") != std::string_view::npos
                            : (action == "stop" || action == "shutdown") && is_down);
}

// The state afterwards; waits for a manager as for a job.
std::string settle(const Node &node, const Guest &guest, const std::string &action, JobResult &job,
                   std::chrono::seconds wait) {
  if (!is_left_to_manager(job.log) || action == "reboot") {
    return state_of(node, guest);
  }
  const std::string target = action == "start" ? "running" : "stopped";
  std::string state = await_status(
      node, {program_for(guest.kind), {"status", std::to_string(guest.id)}}, target, wait);
  job.is_finished = state == target;
  return state;
}

// The state that proves it; empty where none is sure to be seen: a reboot may be half-way, and not
// every release tells of a paused guest.
std::string target_of(const std::string &action) {
  return action == "start" ? "running" : action == "stop" || action == "shutdown" ? "stopped" : "";
}

struct Switched {
  bool changed = false;
  std::string after;
  JobResult job;
};

Switched switch_over(const Node &node, const Guest &guest, const Job &job,
                     const std::string &before) {
  const std::string &action = job.command.words.front();
  Switched done;
  try {
    done.job = run_job(node, job);
  } catch (const MissingGuest &) {
    throw;
  } catch (const mre::Error &error) {
    if (!says_it_is_there(action, error)) {
      throw;
    }
    done.job.is_finished = true;
    done.after = state_of(node, guest);
    return done;
  }
  done.after = settle(node, guest, action, done.job, job.wait);
  if (const std::string target = target_of(action);
      done.job.is_finished && !target.empty() && done.after != target) {
    throw mre::Error(MRE_REMOTE_FAILED,
                     label(guest) + " on " + node.name() + " is " + done.after + " after " +
                         describe(job.command) + ", which told of no failure",
                     "see its log with proxmox_task, its state with proxmox_guest_info");
  }
  done.changed = done.job.is_finished || done.after != before;
  return done;
}

mre::Reply switch_power(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Node asked(plugin.host, call, text_of(arguments, "host"));
  const std::string action = text_of(arguments, "action");
  const Guest guest = plugin.cluster.find(asked, guest_of(arguments), std::chrono::milliseconds(0));
  mre::json result;
  std::string text;
  plugin.cluster.at_guest(asked, guest, [&](const Node &node) {
    const std::string before = state_of(node, guest);
    result = {{"id", guest.id},   {"name", guest.name}, {"action", action},   {"changed", false},
              {"before", before}, {"after", before},    {"host", node.name()}};
    if (is_there_already(action, before) && can_tell(guest, action)) {
      result.update(to_json(JobResult{true, {}, {}}));
      text = label(guest) + " already is " + before + ".";
      return;
    }
    if (action == "stop") {
      need_consent(arguments, call,
                   "stop " + label(guest) + " on " + guest.node +
                       " hard, which loses what it has not written");
    }
    const Switched done =
        switch_over(node, guest, job_for(guest, action, wait_of(arguments)), before);
    result["changed"] = done.changed;
    result["after"] = done.after;
    result.update(to_json(done.job));
    text = action + " of " + label(guest) + " " + outcome_text(done.job) + " It is " + done.after +
           ".";
  });
  return mre::Reply::of(std::move(text), std::move(result));
}

} // namespace

mre::Tool guest_power_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_guest_power";
  tool.title = "Switch a guest";
  tool.description =
      "Start, shut down, reboot, suspend or resume a container or virtual machine, or "
      "stop it hard (needs consent). One that is in that state is left as it is.";
  tool.promises = MRE_IDEMPOTENT | MRE_TASK;
  tool.input = input(
      {"action"}, {{"guest", guest()},
                   {"ctid", ctid()},
                   {"action", one_of({"start", "stop", "shutdown", "reboot", "suspend", "resume"})},
                   {"host", text()},
                   {"wait", wait()},
                   {"confirm", confirm()}});
  tool.output =
      job_output({"id", "changed", "before", "after"}, {{"id", count()},
                                                        {"name", text()},
                                                        {"action", text()},
                                                        {"changed", {{"type", "boolean"}}},
                                                        {"before", text()},
                                                        {"after", text()},
                                                        {"host", text()}});
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return switch_power(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
