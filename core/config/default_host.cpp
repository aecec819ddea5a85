#include "core/config/default_host.hpp"

#include "core/config/host_entry.hpp"
#include "core/config/names.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace mre::config {
namespace {

// sshd(8) and ssh_config(5), GlobalKnownHostsFile.
constexpr const char *kSystemKnownHosts[] = {"/etc/ssh/ssh_known_hosts",
                                             "/etc/ssh/ssh_known_hosts2"};

// As ssh finds it: the account, not what the environment says.
std::string local_user() {
  std::array<char, 4096> buffer{};
  struct passwd account {};
  struct passwd *found = nullptr;
  ::getpwuid_r(::getuid(), &account, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::string() : std::string(account.pw_name);
}

class HostsReader {
public:
  HostsReader(Reader &reader, const Sources &sources, const LoadRequest &request,
              std::vector<std::string> &warnings)
      : reader_(reader), request_(request), warnings_(warnings) {
    input_.variables = sources.variables;
    input_.surroundings.home = home_directory(request.environment);
    input_.surroundings.base_directory = request.working_directory;
    input_.surroundings.local_user = local_user();
    input_.surroundings.agent_socket = reader.text("SSH_AUTH_SOCK").value_or("");
  }

  HostBookInput read() {
    read_pattern();
    read_default();
    find_file();
    find_ssh_config();
    return std::move(input_);
  }

private:
  std::string absolute(const std::string &name, const std::string &value) {
    std::string path = absolute_path(value, input_.surroundings.home, request_.working_directory);
    if (path.empty()) {
      reader_.complain(name, "a whole path, because HOME is not set");
    }
    return path;
  }

  void read_pattern() {
    HostConfig &pattern = input_.pattern;
    pattern.connect_timeout =
        std::chrono::seconds(reader_.number("SSH_CONNECT_TIMEOUT", {15, 1, 300, "seconds"}));
    pattern.idle_timeout =
        std::chrono::seconds(reader_.number("MRE_IDLE_TIMEOUT", {900, 1, 86400, "seconds"}));
    const std::size_t choice =
        reader_.word("SSH_STRICT_HOST_KEY_CHECKING", 0,
                     {"true", "false", "accept-new", "yes", "on", "1", "no", "off", "0"});
    const bool is_strict = choice == 0 || (choice >= 3 && choice <= 5);
    pattern.unknown_host_key =
        is_strict ? UnknownHostKey::refuse : UnknownHostKey::accept_and_record;
    std::string file;
    if (const auto named = reader_.text("SSH_KNOWN_HOSTS")) {
      file = absolute("SSH_KNOWN_HOSTS", *named);
    } else if (!input_.surroundings.home.empty()) {
      file = input_.surroundings.home + "/.ssh/known_hosts";
    }
    if (!file.empty()) {
      pattern.known_hosts_files.push_back(file);
    } else if (!is_strict && !reader_.is_set("SSH_KNOWN_HOSTS")) {
      reader_.complain_about("SSH_KNOWN_HOSTS is not set and neither is HOME, so an unknown host "
                             "key could not be recorded; set SSH_KNOWN_HOSTS to a file");
    }
    input_.system_known_hosts.assign(std::begin(kSystemKnownHosts), std::end(kSystemKnownHosts));
    pattern.known_hosts_files.insert(pattern.known_hosts_files.end(), std::begin(kSystemKnownHosts),
                                     std::end(kSystemKnownHosts));
  }

  void read_default() {
    const std::string variable = reader_.is_set("SSH_HOST") ? "SSH_HOST" : "HOST";
    HostConfig host = input_.pattern;
    host.name = "default";
    host.port = static_cast<std::uint16_t>(reader_.number("SSH_PORT", {22, 1, 65535, {}}));
    host.user = reader_.text("SSH_USERNAME").value_or(host.user);
    const auto address = reader_.text(variable);
    if (!address && !reader_.is_set(variable)) {
      warn_about_orphans();
      return;
    }
    read_credentials(host);
    if (!address) { // a placeholder, which is complained about already
      return;
    }
    host.address = without_brackets(*address);
    if (const std::string problem = address_problem(host.address); !problem.empty()) {
      const bool is_user = problem.find("user") != std::string::npos;
      const bool is_port = problem.find("port") != std::string::npos;
      reader_.complain(variable, is_user   ? "the host alone; the user goes into SSH_USERNAME"
                                 : is_port ? "the host alone; the port goes into SSH_PORT"
                                           : "a DNS name or an address");
    }
    input_.default_host = std::move(host);
  }

  void read_credentials(HostConfig &host) {
    LoginInput login;
    login.key_name = reader_.where("SSH_KEY");
    login.key = reader_.text("SSH_KEY");
    login.passphrase = reader_.text("SSH_KEY_PASSPHRASE");
    login.password = reader_.text("SSH_PASSWORD");
    const bool is_refused = !login.key && !login.password &&
                            (reader_.is_set("SSH_KEY") || reader_.is_set("SSH_PASSWORD"));
    if (!is_refused) {
      LoginFindings findings = configure_login(host, login, input_.surroundings);
      for (std::string &complaint : findings.complaints) {
        reader_.complain_about(complaint);
      }
      std::move(findings.warnings.begin(), findings.warnings.end(), std::back_inserter(warnings_));
    }
  }

  // Without a host the other variables have no effect, which is worth a word when a host book
  // stands in.
  void warn_about_orphans() {
    for (const char *name :
         {"SSH_PASSWORD", "SSH_KEY", "SSH_KEY_PASSPHRASE", "SSH_USERNAME", "SSH_PORT"}) {
      if (reader_.text(name)) {
        warnings_.push_back(reader_.where(name) + " has no effect without HOST or SSH_HOST");
      }
    }
  }

  void find_file() {
    if (const auto named = reader_.text("MRE_HOSTS")) {
      input_.file = absolute("MRE_HOSTS", *named);
      input_.is_named = true;
    } else if (const std::string folder =
                   xdg_directory(request_.environment, "XDG_CONFIG_HOME", ".config");
               !folder.empty()) {
      input_.file = folder + "/mcp-remote-exec/hosts.json";
    }
  }

  // A boolean means the user's and the system's file, as ssh reads them; a path that one alone.
  void find_ssh_config() {
    const auto value = reader_.text("MRE_SSH_CONFIG");
    const std::optional<bool> is_on = value ? parse_boolean(*value) : false;
    if (is_on == false) {
      return;
    }
    SshConfigPlaces places;
    places.home = input_.surroundings.home;
    if (!is_on) {
      places.user_file = absolute("MRE_SSH_CONFIG", *value);
      places.is_named = true;
    } else if (places.home.empty()) {
      reader_.complain("MRE_SSH_CONFIG", "the path of a file, because HOME is not set");
    } else {
      places.user_file = places.home + "/.ssh/config";
      places.system_file = "/etc/ssh/ssh_config";
    }
    input_.ssh_config = std::move(places);
  }

  Reader &reader_;
  const LoadRequest &request_;
  std::vector<std::string> &warnings_;
  HostBookInput input_;
};

} // namespace

HostBookInput read_hosts_input(Reader &reader, const Sources &sources, const LoadRequest &request,
                               std::vector<std::string> &warnings) {
  return HostsReader(reader, sources, request, warnings).read();
}

} // namespace mre::config
