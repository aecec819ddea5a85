#include "core/config/sources.hpp"

#include "core/base/file.hpp"
#include "core/config/dotenv.hpp"
#include "core/config/names.hpp"
#include "core/guard/limits.hpp"

#include <sys/stat.h>

#include <string_view>
#include <utility>

namespace mre::config {
namespace {

std::string value_of(const std::map<std::string, std::string> &variables, const std::string &name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

bool is_regular_file(const std::string &path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

struct Candidate {
  std::string path;
  std::string named_by; // "--env-file"; empty for a place that is merely looked at
  bool is_found_by_chance = false;
};

std::vector<Candidate> candidates(const LoadRequest &request) {
  const std::string home = home_directory(request.environment);
  std::vector<Candidate> list;
  if (request.env_file) {
    list.push_back(
        {absolute_path(*request.env_file, home, request.working_directory), "--env-file", false});
  }
  if (const std::string named = value_of(request.environment, "MRE_ENV_FILE"); !named.empty()) {
    list.push_back({absolute_path(named, home, request.working_directory), "MRE_ENV_FILE", false});
  }
  list.push_back({request.working_directory + "/.env", {}, true});
  if (const std::string folder = xdg_directory(request.environment, "XDG_CONFIG_HOME", ".config");
      !folder.empty()) {
    list.push_back({folder + "/mcp-remote-exec/env", {}, false});
  }
  return list;
}

// The name of a variable we answer for; others in the process environment (PS1 …) may hold what
// they like.
bool is_ours(const std::string &name) {
  for (const std::string_view prefix : {"MRE_", "ENABLE_", "IMAGEKIT_"}) {
    if (std::string_view(name).substr(0, prefix.size()) == prefix) {
      return true;
    }
  }
  return is_known_variable(name);
}

bool is_weaker_host_key_check(const std::string &value) {
  const std::string word = to_lower(value);
  return !word.empty() && word != "true" && word != "yes" && word != "on" && word != "1";
}

void drop_untrusted(const Candidate &file, std::map<std::string, std::string> &variables,
                    Sources &sources) {
  if (!file.is_found_by_chance) {
    return;
  }
  const Result<void> trusted = check_trusted(file.path);
  if (trusted) {
    return;
  }
  for (const std::string name :
       {"MRE_PLUGINS", "MRE_PLUGIN_DIR", "MRE_TOOLS_ALLOW", "SSH_STRICT_HOST_KEY_CHECKING"}) {
    const std::string value = value_of(variables, name);
    const bool is_harmless =
        name == "SSH_STRICT_HOST_KEY_CHECKING" && !is_weaker_host_key_check(value);
    if (value.empty() || is_harmless) {
      continue;
    }
    variables.erase(name);
    sources.warnings.push_back(
        name + " in " + file.path +
        " is ignored: the file was found by chance in the working directory and " +
        trusted.error().message + "; name the file with --env-file, or make it safe");
  }
}

std::map<std::string, std::string> read_settings_file(const Candidate &file, Sources &sources) {
  const Result<std::string> text = read_file(file.path, limits::kConfigFileBytes);
  if (!text) {
    const std::string by = file.named_by.empty()
                               ? "the settings file"
                               : "the settings file that " + file.named_by + " names";
    sources.complaints.push_back(by + ": " + text.error().message);
    return {};
  }
  sources.settings_file = file.path;
  Dotenv parsed = parse_dotenv(*text);
  for (const std::string &complaint : parsed.complaints) {
    sources.complaints.push_back(file.path + " " + complaint);
  }
  for (const std::string &warning : parsed.warnings) {
    sources.warnings.push_back(file.path + " " + warning);
  }
  drop_untrusted(file, parsed.variables, sources);
  return std::move(parsed.variables);
}

std::map<std::string, std::string> choose_and_read(const LoadRequest &request, Sources &sources) {
  std::map<std::string, std::string> variables;
  bool is_chosen = false;
  for (const Candidate &file : candidates(request)) {
    // A folder called .env (a Python virtual environment) is no settings file.
    const bool exists = is_regular_file(file.path);
    if (!is_chosen && (!file.named_by.empty() || exists)) {
      is_chosen = true;
      variables = read_settings_file(file, sources);
      sources.settings_files.push_back(file.path);
    } else if (exists) {
      sources.settings_files.push_back(file.path);
    }
  }
  return variables;
}

// A secret may hold anything, so only a value that is a placeholder and nothing else is refused
// there.
bool is_unresolved(const std::string &name, const std::string &value) {
  if (placeholder_in(value).empty()) {
    return false;
  }
  const bool is_whole = value.rfind("${", 0) == 0 && value.find('}') == value.size() - 1;
  const bool is_secret =
      name.find("PASS") != std::string::npos || name.find("TOKEN") != std::string::npos ||
      name.find("SECRET") != std::string::npos || name.find("PRIVATE_KEY") != std::string::npos;
  return is_whole || !is_secret;
}

void refuse_placeholders(Sources &sources) {
  for (auto entry = sources.variables.begin(); entry != sources.variables.end();) {
    const auto &[name, value] = *entry;
    const bool is_checked = sources.from_file.count(name) != 0 || is_ours(name);
    if (!is_checked || !is_unresolved(name, value)) {
      ++entry;
      continue;
    }
    const std::string inner = placeholder_in(value);
    sources.complaints.push_back(name + " still holds the placeholder ${" + inner +
                                 "}: nothing has replaced it; set " + inner +
                                 " where the client starts the server, or write the value itself");
    sources.refused.insert(name);
    entry = sources.variables.erase(entry);
  }
}

} // namespace

Sources read_sources(const LoadRequest &request) {
  Sources sources;
  std::map<std::string, std::string> file = choose_and_read(request, sources);
  for (auto &[name, value] : file) {
    if (!value.empty()) {
      sources.variables[name] = std::move(value);
      sources.from_file.insert(name);
    }
  }
  for (const auto &[name, value] : request.environment) {
    if (!value.empty()) {
      sources.variables[name] = value;
      sources.from_file.erase(name);
    }
  }
  refuse_placeholders(sources);
  return sources;
}

std::string home_directory(const std::map<std::string, std::string> &environment) {
  const std::string home = value_of(environment, "HOME");
  return home.rfind('/', 0) == 0 ? home : std::string();
}

std::string xdg_directory(const std::map<std::string, std::string> &environment,
                          const std::string &variable, const std::string &below_home) {
  // The XDG base directory specification: a relative path is invalid and ignored.
  if (std::string folder = value_of(environment, variable); folder.rfind('/', 0) == 0) {
    return folder;
  }
  const std::string home = home_directory(environment);
  return home.empty() ? std::string() : home + "/" + below_home;
}

std::string absolute_path(const std::string &path, const std::string &home,
                          const std::string &base) {
  if (path == "~" || path.rfind("~/", 0) == 0) {
    return home.empty() ? std::string() : home + path.substr(1);
  }
  if (path.empty() || path[0] == '/') {
    return path;
  }
  return base + (base == "/" ? "" : "/") + path;
}

} // namespace mre::config
