#include "core/config/plugin_list.hpp"

#include "core/base/file.hpp"
#include "core/config/names.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

namespace mre::config {
namespace {

struct Bundled {
  const char *name;
  bool is_on_by_default;
};
constexpr Bundled kBundled[] = {
    {"sftp", true}, {"proxmox", false}, {"imagekit", false}, {"http", false}};

constexpr std::string_view kToggle = "ENABLE_";

bool is_bare_name(const std::string &name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return name.find_first_not_of(kAllowed) == std::string::npos && name[0] != '.' && name[0] != '-';
}

std::string stem_of(const std::string &path) {
  std::string stem = path.substr(path.rfind('/') + 1);
  const std::size_t dot = stem.rfind('.');
  return dot == std::string::npos || dot == 0 ? stem : stem.substr(0, dot);
}

bool exists(const std::string &path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// One name per line, `#` begins a comment. A file that is not there is no fault: it only helps to
// say what a tool is that cannot be called.
std::vector<std::string> read_tool_names(const std::string &path) {
  constexpr std::size_t kFileBytes = 64U << 10U; // far more than any plugin's tools
  std::vector<std::string> names;
  std::istringstream text(read_file(path, kFileBytes).value_or(""));
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line[0] != '#' && is_bare_name(line)) {
      names.push_back(line);
    }
  }
  return names;
}

class ListBuilder {
public:
  ListBuilder(Reader &reader, const Sources &sources, const LoadRequest &request)
      : reader_(reader), sources_(sources), request_(request) {}

  PluginList build() {
    find_folder();
    for (const Bundled &bundled : kBundled) {
      toggle(bundled.name, bundled.is_on_by_default);
    }
    toggle_others();
    for (const std::string &entry : reader_.list("MRE_PLUGINS", ':')) {
      name(entry);
    }
    refuse_equal_names();
    read_digests();
    note_absent();
    return std::move(list_);
  }

private:
  std::string home() const { return home_directory(request_.environment); }
  std::string bundled_path(const std::string &name) const { return folder_ + "/" + name + ".so"; }

  void find_folder() {
    const std::string &binaries = request_.executable_directory;
    folder_ = binaries.substr(0, binaries.rfind('/')) + "/lib/mcp-remote-exec/plugins";
    if (const auto given = reader_.text("MRE_PLUGIN_DIR")) {
      folder_ = absolute_path(*given, home(), request_.working_directory);
      if ((*given)[0] != '/' && (*given)[0] != '~') {
        reader_.complain("MRE_PLUGIN_DIR", "the absolute path of a folder");
      }
    }
  }

  void toggle(const std::string &name, bool fallback) {
    const std::string variable = std::string(kToggle) + variable_part(name);
    if (reader_.boolean(variable, fallback)) {
      add(bundled_path(name), true);
    } else if (reader_.text(variable)) {
      off_.insert(bundled_path(name));
    }
  }

  // The same rule for every plugin in the folder, whatever it is called; a toggle that fits none is
  // most likely misspelt.
  void toggle_others() {
    for (const auto &[variable, value] : sources_.variables) {
      if (variable.rfind(kToggle, 0) != 0 || is_known_variable(variable)) {
        continue;
      }
      const std::string name = to_lower(variable.substr(kToggle.size()));
      if (is_bare_name(name) && !name.empty() && exists(bundled_path(name))) {
        toggle(name, false);
        continue;
      }
      const std::string near = nearest_variable(variable);
      list_.warnings.push_back(reader_.where(variable) + " switches no plugin that is here" +
                               (near.empty() ? std::string() : "; did you mean " + near + "?"));
    }
  }

  void name(const std::string &entry) {
    std::string path = entry;
    const bool is_bare = entry.find('/') == std::string::npos && entry != "~";
    if (is_bare) {
      if (!is_bare_name(entry)) {
        reader_.complain_about(
            reader_.where("MRE_PLUGINS") + " names " + shown(entry) +
            "; expected absolute paths or names of bundled plugins, separated by colons");
        return;
      }
      path = bundled_path(entry);
    } else if (entry[0] == '~') {
      path = absolute_path(entry, home(), request_.working_directory);
    } else if (entry[0] != '/') {
      reader_.complain_about(
          reader_.where("MRE_PLUGINS") + " names " + shown(entry) +
          ", which is relative; expected an absolute path or the name of a bundled plugin");
      return;
    }
    if (off_.count(path) != 0) {
      const std::string variable = std::string(kToggle) + variable_part(stem_of(path));
      reader_.complain_about(reader_.where("MRE_PLUGINS") + " names " + shown(entry) + ", and " +
                             reader_.where(variable) + " switches it off; remove one of the two");
      return;
    }
    add(path, is_bare);
  }

  void add(const std::string &path, bool is_bundled) {
    const auto same = [&](const PluginRequest &plugin) { return plugin.path == path; };
    if (std::none_of(list_.plugins.begin(), list_.plugins.end(), same)) {
      list_.plugins.push_back({to_lower(variable_part(stem_of(path))), path, {}, is_bundled});
    }
  }

  // Two plugins with one name would share their variables, and the digest of one would be asked of
  // the other.
  void refuse_equal_names() {
    for (std::size_t i = 0; i < list_.plugins.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const PluginRequest &first = list_.plugins[j];
        const PluginRequest &second = list_.plugins[i];
        if (first.name == second.name) {
          const std::string advice = first.bundled ? "set " + std::string(kToggle) +
                                                         variable_part(first.name) +
                                                         "=false, or rename the file"
                                                   : "rename one of the files";
          reader_.complain_about(reader_.where("MRE_PLUGINS") + ": " + first.path + " and " +
                                 second.path + " are both called " + shown(first.name) + "; " +
                                 advice);
        }
      }
    }
  }

  void read_digests() {
    constexpr std::string_view kBegin = "MRE_PLUGIN_";
    constexpr std::string_view kEnd = "_SHA256";
    constexpr std::size_t kDigits = 64;
    for (const auto &[variable, value] : sources_.variables) {
      const bool is_digest =
          variable.size() > kBegin.size() + kEnd.size() && variable.rfind(kBegin, 0) == 0 &&
          variable.compare(variable.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
      if (!is_digest) {
        continue;
      }
      const std::string digest = to_lower(value);
      if (digest.size() != kDigits ||
          digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
        // Kept all the same: no file has this digest, so nothing of the plugin's is run, not even
        // to look for more complaints.
        reader_.complain(variable, "a SHA-256 digest: 64 hexadecimal digits");
      }
      const std::string name =
          to_lower(variable.substr(kBegin.size(), variable.size() - kBegin.size() - kEnd.size()));
      const auto plugin =
          std::find_if(list_.plugins.begin(), list_.plugins.end(),
                       [&](const PluginRequest &request) { return request.name == name; });
      if (plugin != list_.plugins.end()) {
        plugin->sha256 = digest;
      } else {
        list_.warnings.push_back(reader_.where(variable) + " belongs to no plugin that is on");
      }
    }
  }

  void note_absent() {
    for (const Bundled &bundled : kBundled) {
      const std::string path = bundled_path(bundled.name);
      const bool is_on =
          std::any_of(list_.plugins.begin(), list_.plugins.end(),
                      [&](const PluginRequest &plugin) { return plugin.path == path; });
      if (!is_on) {
        list_.absent.push_back({bundled.name, kToggle.data() + variable_part(bundled.name),
                                read_tool_names(folder_ + "/" + bundled.name + ".tools")});
      }
    }
  }

  Reader &reader_;
  const Sources &sources_;
  const LoadRequest &request_;
  PluginList list_;
  std::string folder_;
  std::set<std::string> off_; // paths of bundled plugins that were switched off by name
};

} // namespace

PluginList read_plugin_list(Reader &reader, const Sources &sources, const LoadRequest &request) {
  return ListBuilder(reader, sources, request).build();
}

} // namespace mre::config
