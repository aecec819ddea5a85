// See container_exec.hpp.
#include "container_exec.hpp"

#include "arguments.hpp"
#include "guest_scripts.hpp"

#include <optional>

namespace proxmox {

void exec_in_container(mre::Host host, Cluster &cluster, const Node &node, std::uint32_t ctid,
                       const mre::ExecArguments &exec, const char *id_name) {
  const Container container(cluster, node, ctid);
  const std::string marker = random_name();
  Variables environment{{"container", "lxc"}}; // as lxc-attach gives it: programs look for it
  environment.insert(environment.end(), exec.environment.begin(), exec.environment.end());
  const std::vector<std::string> words =
      script_words(kRunScript, {exec.working_directory, exec.command}, environment, marker);
  bool again = false; // without --keep-env
  std::optional<MissingGuest> missing;
  const mre::Settle settle = [&](mre::Ended &ended) {
    if (ended.outcome == MRE_OUTCOME_TIMED_OUT || ended.outcome == MRE_OUTCOME_CANCELLED) {
      // That pct is gone says nothing about what it started.
      const Swept swept = container.sweep(marker);
      ended.remote_process = swept == Swept::gone    ? MRE_PROCESS_GONE
                             : swept == Swept::alive ? MRE_PROCESS_RUNNING
                                                     : MRE_PROCESS_UNKNOWN;
      return;
    }
    const bool may_be_refused = ended.outcome == MRE_OUTCOME_EXITED && ended.exit_code != 0 &&
                                ended.out.empty() && is_exec_refusal(ended.err, ctid);
    if (!may_be_refused) {
      return;
    }
    // A program may use the same words. pct would refuse any other program as well.
    const bool was_missing = cluster.keep_env(node.name()) == Cluster::KeepEnv::missing;
    try {
      container.require_running();
    } catch (const MissingGuest &error) {
      missing = error; // only its class is lost on the way through the host
      throw;
    }
    again = !was_missing && cluster.keep_env(node.name()) == Cluster::KeepEnv::missing;
    if (again) { // nothing was run: pct did not know the option
      container.refuse(ended.err);
    }
  };
  const auto run = [&] {
    mre::Command command = node.command_for(container.line(words), exec.timeout);
    command.timeout = exec.timeout;
    command.is_long = false;
    command.input = exec.input;
    mre::Ssh(host).run_into(node.call(), command, {{id_name, ctid}}, exec.as_json, settle);
  };
  try {
    run();
  } catch (const mre::Error &) {
    if (missing) {
      throw *missing;
    }
    if (!again) {
      throw;
    }
    again = false;
    run();
  }
}

} // namespace proxmox
