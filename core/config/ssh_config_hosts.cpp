#include "core/config/ssh_config_hosts.hpp"

#include "core/base/wildcard.hpp"
#include "core/config/host_entry.hpp"
#include "core/config/names.hpp"
#include "core/config/sources.hpp"
#include "core/config/ssh_config_evaluate.hpp"
#include "core/config/ssh_config_keywords.hpp"
#include "core/config/ssh_config_tokens.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace mre::config {
namespace {

// The range of SSH_CONNECT_TIMEOUT.
constexpr std::uint64_t kLongestConnect = 300;
// A day of silence is no watch any more.
constexpr std::uint64_t kLongestAlive = 86400;

std::string local_host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string();
}

// One host as the options describe it.
class HostBuilder {
public:
  HostBuilder(const HostBookInput &input, const SshOptions &options, const SshQuery &query)
      : options_(options), query_(query), around_(input.surroundings),
        system_known_hosts_(input.system_known_hosts), host_(input.pattern) {
    tokens_.home = around_.home;
    tokens_.original_host = query.host;
    tokens_.local_user = query.local_user;
    tokens_.local_host = local_host_name();
    tokens_.variables = &input.variables;
  }

  HostConfig build(const std::string &name) {
    host_.name = name;
    read_place();
    read_login();
    read_host_keys();
    read_link();
    if (!obstacles_.empty()) {
      std::string text = name + " of the ssh configuration cannot be used here: ";
      for (std::size_t i = 0; i < obstacles_.size(); ++i) {
        text += (i == 0 ? "" : "; ") + obstacles_[i];
      }
      host_.obstacle =
          Error{Errc::unsupported, text,
                "change it, or describe this host in the host book, which goes before"};
    }
    return std::move(host_);
  }

private:
  std::string word(std::string_view keyword) const {
    return options_.value(keyword).value_or(std::string());
  }

  void read_place() {
    const Result<std::string> address =
        expand_host_name(options_.value("hostname").value_or(query_.host), query_.host);
    if (address) {
      host_.address = without_brackets(ascii_lower(*address));
    } else {
      obstacles_.push_back(address.error().message);
    }
    if (const std::string problem = address_problem(host_.address); !problem.empty()) {
      obstacles_.push_back("its address is " + shown(host_.address) + ": " + problem);
    }
    if (const auto port = options_.value("port")) {
      host_.port = ssh_port(*port).value_or(host_.port); // checked where it was read
    }
    host_.user = options_.value("user").value_or(query_.local_user);
    host_.host_key_alias = word("hostkeyalias");
    tokens_.address = host_.address;
    tokens_.port = host_.port;
    tokens_.remote_user = host_.user;
    if (const auto jumps = options_.value("proxyjump")) {
      const auto parsed = parse_ssh_jumps(*jumps);
      tokens_.jump_host = parsed && !parsed->empty() ? parsed->back().host : std::string();
    }
    tokens_.key_alias = host_.host_key_alias.empty() ? query_.host : host_.host_key_alias;
    for (const std::string &obstacle : options_.obstacles) {
      obstacles_.push_back(obstacle + " is not supported");
    }
  }

  // A path of the configuration; empty, with an obstacle, when it cannot be told.
  std::string path_of(const std::string &text) {
    const Result<std::string> path = expand_ssh_path(text, tokens_);
    if (!path) {
      obstacles_.push_back(path.error().message);
      return {};
    }
    return absolute_path(*path, around_.home, around_.base_directory);
  }

  std::vector<std::string> paths_of(std::string_view keyword) {
    std::vector<std::string> paths;
    const auto found = options_.options.find(keyword);
    if (found == options_.options.end()) {
      return paths;
    }
    for (const SshOption &option : found->second) {
      for (const std::string &value : option.values) {
        std::string path = ascii_lower(value) == "none" ? std::string() : path_of(value);
        if (!path.empty()) {
          paths.push_back(std::move(path));
        }
      }
    }
    return paths;
  }

  void read_login() {
    host_.only_own_keys = ssh_flag(word("identitiesonly")).value_or(false);
    host_.certificate_files = paths_of("certificatefile");
    if (options_.find("identityfile") != nullptr) {
      host_.key_files = paths_of("identityfile");
    } else {
      host_.key_files = default_key_files(around_.home);
    }
    if (const std::string socket = agent_socket(); !socket.empty()) {
      host_.agent_socket = socket;
      host_.login_order.push_back(LoginMethod::agent);
    }
    if (!host_.key_files.empty()) {
      host_.login_order.push_back(LoginMethod::key);
    }
  }

  std::string agent_socket() {
    const std::string value = word("identityagent");
    if (value.empty() || value == "SSH_AUTH_SOCK") {
      return around_.agent_socket;
    }
    if (ascii_lower(value) == "none") {
      return {};
    }
    if (value.front() == '$' && !value.starts_with("${")) {
      return path_of("${" + value.substr(1) + "}");
    }
    return path_of(value);
  }

  void read_host_keys() {
    const std::string strict = ascii_lower(word("stricthostkeychecking"));
    if (strict == "yes" || strict == "true") {
      host_.unknown_host_key = UnknownHostKey::refuse_always;
    } else if (strict == "ask") {
      host_.unknown_host_key = UnknownHostKey::refuse;
    } else if (!strict.empty()) {
      host_.unknown_host_key = UnknownHostKey::accept_and_record;
    }
    if (options_.find("hashknownhosts") != nullptr) {
      host_.hash_known_hosts = ssh_flag(word("hashknownhosts"));
    }
    const bool names_user = options_.find("userknownhostsfile") != nullptr;
    const bool names_global = options_.find("globalknownhostsfile") != nullptr;
    if (!names_user && !names_global) {
      return;
    }
    std::vector<std::string> files = host_.known_hosts_files;
    files.resize(files.size() - std::min(files.size(), system_known_hosts_.size()));
    if (names_user) {
      files = paths_of("userknownhostsfile");
    }
    const std::vector<std::string> global =
        names_global ? paths_of("globalknownhostsfile") : system_known_hosts_;
    host_.records_host_keys = !files.empty();
    files.insert(files.end(), global.begin(), global.end());
    host_.known_hosts_files = std::move(files);
  }

  void read_link() {
    const std::string family = ascii_lower(word("addressfamily"));
    host_.address_family = family == "inet"    ? AddressFamily::ipv4
                           : family == "inet6" ? AddressFamily::ipv6
                                               : AddressFamily::any;
    host_.algorithms = {.key_exchange = word("kexalgorithms"),
                        .host_keys = word("hostkeyalgorithms"),
                        .ciphers = word("ciphers"),
                        .macs = word("macs")};
    if (const auto seconds = ssh_seconds(word("connecttimeout")); seconds && *seconds > 0) {
      host_.connect_timeout = std::chrono::seconds(std::min(*seconds, kLongestConnect));
    }
    if (const auto seconds = ssh_seconds(word("serveraliveinterval")); seconds && *seconds > 0) {
      AliveCheck check;
      check.interval = std::chrono::seconds(std::min(*seconds, kLongestAlive));
      if (const auto count = options_.value("serveralivecountmax")) {
        check.count = static_cast<int>(std::clamp<std::uint64_t>(std::stoull(*count), 1, 1000));
      }
      host_.alive_check = check;
    }
  }

  const SshOptions &options_;
  const SshQuery &query_;
  const LoginSurroundings &around_;
  const std::vector<std::string> &system_known_hosts_;
  HostConfig host_;
  SshTokens tokens_;
  std::vector<std::string> obstacles_;
};

class AliasReader {
public:
  AliasReader(const HostBookInput &input, HostBookReading &reading)
      : input_(input), reading_(reading), files_(read_ssh_config(*input.ssh_config)) {}

  void run() {
    reading_.watched.insert(reading_.watched.end(), files_.watched.begin(), files_.watched.end());
    append(reading_.complaints, files_.complaints);
    append(reading_.warnings, files_.warnings);
    aliases_ = ssh_config_aliases(files_);
    for (const std::string &alias : aliases_) {
      add_alias(alias);
    }
    // A jump host may name further ones; each name is read once, so this ends.
    while (!wanted_.empty()) {
      const SshJump jump = wanted_.back();
      wanted_.pop_back();
      if (reading_.book.find(jump.text) == nullptr) {
        SshQuery query{jump.host, input_.surroundings.local_user, jump.user, jump.port};
        reading_.book.jump_hosts.emplace(jump.text, make(jump.text, query));
      }
    }
    append(reading_.complaints, {said_.begin(), said_.end()});
    append(reading_.warnings, {warned_.begin(), warned_.end()});
  }

private:
  static void append(std::vector<std::string> &list, const std::vector<std::string> &more) {
    list.insert(list.end(), more.begin(), more.end());
  }

  void add_alias(const std::string &alias) {
    if (!is_host_name(alias)) {
      warned_.insert("the alias " + shown(alias) +
                     " is left out: a name here has letters, digits and . _ - @ :");
      return;
    }
    if (reading_.book.hosts.count(alias) != 0) {
      warned_.insert("the alias " + shown(alias) +
                     " is the name of another host already, which goes before");
      return;
    }
    HostConfig host = make(alias, {alias, input_.surroundings.local_user, {}, {}});
    reading_.book.hosts.emplace(alias, std::move(host));
  }

  HostConfig make(const std::string &name, const SshQuery &query) {
    SshOptions options = evaluate_ssh_config(files_, query);
    said_.merge(options.complaints);
    warned_.merge(options.warnings);
    HostConfig host = HostBuilder(input_, options, query).build(name);
    host.is_from_ssh_config = true;
    if (const auto jumps = options.value("proxyjump")) {
      for (const SshJump &jump : parse_ssh_jumps(*jumps).value_or(std::vector<SshJump>())) {
        host.jumps.push_back(jump.text);
        wanted_.push_back(jump);
      }
    }
    append(reading_.key_files, host.key_files);
    return host;
  }

  const HostBookInput &input_;
  HostBookReading &reading_;
  const SshConfigReading files_;
  std::vector<std::string> aliases_;
  std::vector<SshJump> wanted_;
  std::set<std::string> said_, warned_;
};

} // namespace

void add_ssh_config_hosts(const HostBookInput &input, HostBookReading &reading) {
  AliasReader(input, reading).run();
}

} // namespace mre::config
