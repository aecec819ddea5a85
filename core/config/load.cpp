#include "core/config/load.hpp"

#include "core/config/default_host.hpp"
#include "core/config/login.hpp"
#include "core/config/names.hpp"
#include "core/config/plugin_list.hpp"
#include "core/config/reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace mre::config {
namespace {

constexpr std::uint64_t kDay = 86400;
// Far beyond any disk, far below an overflow when multiplied by the number of calls.
constexpr std::uint64_t kPebibyte = 1ULL << 50U;

void append(std::vector<std::string> &list, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(list));
}

class Loader {
public:
  explicit Loader(const LoadRequest &request)
      : request_(request), sources_(read_sources(request)), complaints_(sources_.complaints),
        reader_(sources_, complaints_) {
    settings_.warnings = sources_.warnings;
    settings_.variables = sources_.variables;
    settings_.settings_file = sources_.settings_file;
  }

  LoadResult load() {
    read_consent();
    LoadResult result;
    result.hosts = read_hosts();
    read_limits();
    read_policy();
    read_places();
    PluginList list = read_plugin_list(reader_, sources_, request_);
    settings_.plugins = std::move(list.plugins);
    settings_.absent_plugins = std::move(list.absent);
    append(settings_.warnings, std::move(list.warnings));
    warn_about_unknown();
    collect_secrets();
    result.settings = std::make_shared<const Settings>(std::move(settings_));
    result.complaints = std::move(complaints_);
    return result;
  }

private:
  void read_consent() {
    const auto value = reader_.text("I_ACCEPT_RISKS");
    if (value && to_lower(*value) == "true") {
      settings_.variables["I_ACCEPT_RISKS"] = "true"; // whoever asks again gets the one spelling
      return;
    }
    if (!reader_.is_set("I_ACCEPT_RISKS") || value) {
      reader_.complain_about((value ? reader_.where("I_ACCEPT_RISKS") + " is " + shown(*value)
                                    : std::string("I_ACCEPT_RISKS is not set")) +
                             "; expected the word true, and nothing else. It means: you accept "
                             "that an AI client runs commands on your hosts with the "
                             "rights of the configured user, that what it does may destroy data "
                             "and cannot be taken back, and that you answer for it. "
                             "Set I_ACCEPT_RISKS=true to start");
    }
  }

  HostBookInput read_hosts() {
    HostBookInput input = read_hosts_input(reader_, sources_, request_, settings_.warnings);
    HostBookReading reading = read_host_book(input);
    append(settings_.warnings, std::move(reading.warnings));
    const bool is_empty = reading.book.hosts.empty() && reading.complaints.empty();
    if (is_empty && !reader_.is_set("HOST") && !reader_.is_set("SSH_HOST")) {
      reader_.complain_about("HOST is not set and no host book names a host; expected a DNS name "
                             "or an address in HOST (or SSH_HOST), a file in MRE_HOSTS, or "
                             "MRE_SSH_CONFIG=true and an alias in ~/.ssh/config");
    }
    append(complaints_, std::move(reading.complaints));
    settings_.secrets = std::move(reading.secrets);
    settings_.protected_files = std::move(reading.key_files);
    append(settings_.protected_files, default_key_files(home_directory(request_.environment)));
    if (!input.file.empty()) {
      settings_.protected_files.push_back(input.file);
    }
    if (input.ssh_config) {
      settings_.protected_files.push_back(input.ssh_config->user_file);
    }
    append(settings_.protected_files, sources_.settings_files);
    settings_.hosts = std::make_shared<const HostBook>(std::move(reading.book));
    return input;
  }

  void read_limits() {
    const std::uint64_t timeout = reader_.number("TIMEOUT", {30, 1, kDay, "seconds"});
    const std::uint64_t max_timeout = reader_.number("MAX_TIMEOUT", {300, 1, kDay, "seconds"});
    settings_.default_timeout = std::chrono::seconds(timeout);
    settings_.max_timeout = std::chrono::seconds(max_timeout);
    if (timeout > max_timeout) {
      reader_.complain_about(reader_.where("TIMEOUT") + " is " + std::to_string(timeout) +
                             (reader_.text("TIMEOUT") ? "" : " by default") + ", above " +
                             reader_.where("MAX_TIMEOUT") + ", which is " +
                             std::to_string(max_timeout) +
                             (reader_.text("MAX_TIMEOUT") ? "" : " by default") +
                             "; expected a default that is not above the bound");
    }
    settings_.character_limit =
        reader_.number("CHARACTER_LIMIT", {25000, 1000, 10000000, "characters"});
    settings_.spool_limit_bytes =
        reader_.number("MRE_SPOOL_LIMIT", {67108864, 65536, kPebibyte, "bytes"});
    settings_.max_file_size_bytes =
        reader_.number("MAX_FILE_SIZE", {10485760, 0, kPebibyte, "bytes; 0 lifts the limit"});
  }

  void read_policy() {
    settings_.plugins_optional = reader_.boolean("MRE_PLUGINS_OPTIONAL", false);
    settings_.read_only = reader_.boolean("MRE_READ_ONLY", false);
    settings_.tools_deny = read_selectors("MRE_TOOLS_DENY");
    settings_.tools_allow = read_selectors("MRE_TOOLS_ALLOW");
    constexpr LogLevel kLevels[] = {LogLevel::error, LogLevel::warn, LogLevel::info,
                                    LogLevel::debug, LogLevel::trace};
    settings_.log_level =
        kLevels[reader_.word("MRE_LOG", 2, {"error", "warn", "info", "debug", "trace"})];
    if (const auto value = reader_.text("MRE_AUDIT")) {
      const std::optional<bool> is_on = parse_boolean(*value);
      if (is_on) {
        settings_.audit = *is_on ? AuditMode::on : AuditMode::off;
      } else if (to_lower(*value) == "required") {
        settings_.audit = AuditMode::required;
      } else {
        reader_.complain("MRE_AUDIT", "on, off or required");
      }
    }
  }

  std::vector<std::string> read_selectors(const std::string &name) {
    constexpr std::string_view kAllowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    std::vector<std::string> selectors = reader_.list(name, ',');
    for (const std::string &selector : selectors) {
      const std::size_t colon = selector.find(':');
      const std::string owner =
          colon == std::string::npos ? std::string("any") : selector.substr(0, colon);
      const std::string tool = colon == std::string::npos ? selector : selector.substr(colon + 1);
      const bool is_every_tool = tool == "*" && colon != std::string::npos;
      const bool is_valid =
          !owner.empty() && owner.find_first_not_of(kAllowed) == std::string::npos &&
          !tool.empty() && (is_every_tool || tool.find_first_not_of(kAllowed) == std::string::npos);
      if (!is_valid) {
        reader_.complain_about(
            reader_.where(name) + " has " + shown(selector) +
            "; expected names of tools, owner:name or owner:*, separated by commas");
      }
    }
    return selectors;
  }

  void read_places() {
    const std::string home = home_directory(request_.environment);
    if (const auto root = reader_.text("TRANSFER_ROOT")) {
      settings_.transfer_root = absolute_path(*root, home, request_.working_directory);
      struct stat info {};
      if (settings_.transfer_root.empty() || ::stat(settings_.transfer_root.c_str(), &info) != 0 ||
          !S_ISDIR(info.st_mode)) {
        reader_.complain("TRANSFER_ROOT", "the path of a folder that exists");
      }
    }
    if (const auto folder = reader_.text("MRE_STATE_DIR")) {
      settings_.state_dir = absolute_path(*folder, home, request_.working_directory);
      if ((*folder)[0] != '/' && (*folder)[0] != '~') {
        reader_.complain("MRE_STATE_DIR", "the absolute path of a folder");
      }
    } else if (const std::string state =
                   xdg_directory(request_.environment, "XDG_STATE_HOME", ".local/state");
               !state.empty()) {
      settings_.state_dir = state + "/mcp-remote-exec";
    }
    if (settings_.state_dir.empty() && settings_.audit == AuditMode::required) {
      reader_.complain_about("MRE_AUDIT is required, but there is no place for the audit: set "
                             "MRE_STATE_DIR, XDG_STATE_HOME or HOME");
    }
  }

  // Variables that begin like a plugin's own (MRE_<NAME>_…) are that plugin's matter.
  bool belongs_to_plugin(const std::string &variable) const {
    return std::any_of(settings_.plugins.begin(), settings_.plugins.end(),
                       [&](const PluginRequest &plugin) {
                         return variable.starts_with(plugin_prefix(plugin.name));
                       });
  }

  void warn_about_unknown() {
    for (const auto &[name, value] : sources_.variables) {
      if (is_known_variable(name) || is_plugin_digest(name) || belongs_to_plugin(name) ||
          name.rfind("ENABLE_", 0) == 0) {
        continue; // toggles are judged with the plugins
      }
      const std::string near = nearest_variable(name);
      const bool is_from_file = sources_.from_file.count(name) != 0;
      if (name.rfind("MRE_", 0) == 0 || (is_from_file && !near.empty())) {
        settings_.warnings.push_back(
            reader_.where(name) + " is no variable of this program" +
            (near.empty() ? std::string() : "; did you mean " + near + "?"));
      }
    }
    if (sources_.from_file.count("MRE_ENV_FILE") != 0) {
      settings_.warnings.push_back(reader_.where("MRE_ENV_FILE") +
                                   " has no effect: one settings file is read, and this is it");
    }
  }

  // Plugins' secrets are registered with their settings; these are hidden even while their plugin
  // is off.
  void collect_secrets() {
    for (const char *name :
         {"SSH_PASSWORD", "SSH_KEY_PASSPHRASE", "IMAGEKIT_PRIVATE_KEY", "HTTP_TOKEN"}) {
      if (const auto value = reader_.text(name)) {
        settings_.secrets.push_back(*value);
      }
    }
    if (const auto file = reader_.text("HTTP_TLS_KEY")) {
      settings_.protected_files.push_back(
          absolute_path(*file, home_directory(request_.environment), request_.working_directory));
    }
    for (auto *list : {&settings_.secrets, &settings_.protected_files}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
  }

  const LoadRequest &request_;
  Sources sources_;
  std::vector<std::string> complaints_;
  Reader reader_;
  Settings settings_;
};

} // namespace

LoadResult load(const LoadRequest &request) {
  return Loader(request).load();
}

} // namespace mre::config
