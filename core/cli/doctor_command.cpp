#include "core/cli/doctor_command.hpp"

#include "core/base/file.hpp"
#include "core/base/guarded.hpp"
#include "core/base/worker_pool.hpp"
#include "core/cli/exit_codes.hpp"
#include "core/guard/limits.hpp"

#include <unistd.h>

#include <deque>
#include <map>
#include <utility>

namespace mre::cli {
namespace {

using plugin_host::PluginState;

Finding settings_finding(const DoctorParts &parts) {
  const std::string &file = parts.settings->settings_file;
  const std::size_t count = parts.hosts->hosts.size();
  return Finding::good("configuration",
                       "from the environment" + (file.empty() ? std::string() : " and " + file) +
                           ", " + std::to_string(count) + (count == 1 ? " host" : " hosts"));
}

Finding state_finding(const config::Settings &settings) {
  if (settings.state_dir.empty()) {
    return Finding::warning("state", "there is no folder for the audit trail and long output",
                            "set MRE_STATE_DIR, XDG_STATE_HOME or HOME");
  }
  if (const auto made = make_private_directory(settings.state_dir); !made) {
    return Finding::failed("state", made.error());
  }
  if (::access(settings.state_dir.c_str(), W_OK) != 0) {
    return Finding::failed("state", {Errc::denied, "cannot write to " + settings.state_dir,
                                     "give it to the user this server runs as"});
  }
  return Finding::good("state", settings.state_dir);
}

Finding plugin_finding(const plugin_host::PluginStatus &status) {
  const std::string what = "plugin " + status.name;
  if (status.state == PluginState::refused || status.state == PluginState::wedged) {
    return Finding::failed(what, {Errc::unavailable,
                                  std::string(to_word(status.state)) + ": " + status.reason,
                                  "`mcp-remote-exec plugins` tells more about it"});
  }
  return Finding::good(what, std::string(to_word(status.state)) + ", version " +
                                 status.description.version);
}

Findings general_findings(const DoctorParts &parts) {
  Findings findings = {settings_finding(parts), state_finding(*parts.settings)};
  for (const std::string &warning : parts.settings->warnings) {
    findings.push_back(Finding::warning("configuration", warning, {}));
  }
  if (!parts.hosts->warning.empty()) {
    findings.push_back(Finding::warning("hosts", parts.hosts->warning, {}));
  }
  for (const auto &status : parts.plugins) {
    findings.push_back(plugin_finding(status));
  }
  return findings;
}

// The checkups of several hosts, each printed as a block when it is through.
class Rounds {
public:
  Rounds(const DoctorParts &parts, const Output &output)
      : parts_(parts), output_(output),
        pool_({"doctor", limits::kLoginThreads, limits::kCommandsQueuedPerHost},
              parts.checkup.log) {}

  bool run(const std::map<std::string, config::HostConfig> &hosts) {
    bool is_good = true;
    std::size_t begun = 0;
    for (const auto &[name, host] : hosts) {
      const auto job = [this, &name = name, &host = host] {
        finish({name, check_host(parts_.checkup, host)});
      };
      if (const auto accepted = pool_.submit(job); !accepted) {
        finish({name, {Finding::failed("checkup", accepted.error())}});
      }
      ++begun;
    }
    for (std::size_t count = 1; count <= begun; ++count) {
      const Done done = next();
      is_good = is_good && !has_failed(done.findings);
      show_progress({});
      print(parts_, done.name, done.findings, output_);
      show_progress(std::to_string(count) + " of " + std::to_string(begun) + " hosts");
    }
    show_progress({});
    return is_good;
  }

  static void print(const DoctorParts &parts, const std::string &name, const Findings &findings,
                    const Output &output) {
    output.out << visible_text(parts.redactor.redact(to_lines(name, findings)));
    output.out.flush();
  }

private:
  struct Done {
    std::string name;
    Findings findings;
  };

  void finish(Done done) {
    done_.with([&](std::deque<Done> &list) { list.push_back(std::move(done)); });
    done_.notify_all();
  }
  Done next() {
    return done_.wait([](const std::deque<Done> &list) { return !list.empty(); },
                      [](std::deque<Done> &list) {
                        Done first = std::move(list.front());
                        list.pop_front();
                        return first;
                      });
  }
  void show_progress(const std::string &text) {
    if (output_.err_is_terminal) {
      output_.err << "\r\x1b[K" + text;
      output_.err.flush();
    }
  }

  const DoctorParts &parts_;
  const Output &output_;
  Guarded<std::deque<Done>> done_;
  WorkerPool pool_; // last: its threads end before what they use
};

} // namespace

int run_doctor(const DoctorParts &parts, const DoctorArguments &arguments, const Output &output) {
  std::map<std::string, config::HostConfig> chosen;
  if (arguments.all) {
    chosen = parts.hosts->hosts;
  } else {
    const auto host = config::resolve_host(*parts.hosts, arguments.host);
    if (!host) {
      Error error = host.error();
      error.hint += "; `doctor --all` looks at every host";
      print_error(output, error);
      return kUsage;
    }
    chosen.emplace(host->name, *host);
  }
  const Findings general = general_findings(parts);
  Rounds::print(parts, {}, general, output);
  Rounds rounds(parts, output);
  const bool hosts_are_good = rounds.run(chosen);
  return hosts_are_good && !has_failed(general) ? kOk : kFailed;
}

} // namespace mre::cli
