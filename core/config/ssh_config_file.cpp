#include "core/config/ssh_config_file.hpp"

#include "core/base/file.hpp"
#include "core/config/names.hpp"
#include "core/config/sources.hpp"
#include "core/guard/limits.hpp"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace mre::config {
namespace {

// ssh's own bound on files within files (readconf.c of OpenSSH).
constexpr int kDeepestInclude = 16;
// All files of one reading; a configuration of more is a loop of wildcards.
constexpr std::size_t kMostFiles = 512;

// ssh refuses a configuration that somebody else could have written: it can name programs and keys.
std::string ownership_problem(const std::string &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return {};
  }
  if (info.st_uid != 0 && info.st_uid != ::getuid()) {
    return "it belongs to another user";
  }
  return (info.st_mode & 022) != 0 ? "others may write it; run: chmod go-w '" + path + "'"
                                   : std::string();
}

class FileReader {
public:
  explicit FileReader(const SshConfigPlaces &places) : places_(places) {}

  SshConfigReading read() {
    folder_ = places_.home.empty() ? std::string() : places_.home + "/.ssh";
    take_root(places_.user_file, places_.is_named);
    folder_ = "/etc/ssh"; // ssh_config(5), Include
    if (!places_.system_file.empty()) {
      take_root(places_.system_file, false);
    }
    return std::move(reading_);
  }

private:
  void take_root(const std::string &path, bool must_exist) {
    if (path.empty()) {
      return;
    }
    SshConfigFile file;
    if (take_file(path, 0, file)) {
      reading_.files.push_back(std::move(file));
    } else if (must_exist && ::access(path.c_str(), F_OK) != 0) {
      reading_.complaints.push_back("MRE_SSH_CONFIG: there is no file " + shown(path));
    }
  }

  bool take_file(const std::string &path, int depth, SshConfigFile &file) {
    watch(path);
    if (++files_ > kMostFiles) {
      reading_.complaints.push_back(path + ": more than " + std::to_string(kMostFiles) +
                                    " files are included");
      return false;
    }
    const Result<std::string> text = read_file(path, limits::kConfigFileBytes);
    if (!text) {
      if (text.error().code != Errc::not_found) {
        reading_.complaints.push_back((depth == 0 ? "MRE_SSH_CONFIG: " : "") +
                                      text.error().message);
      }
      return false;
    }
    if (const std::string problem = ownership_problem(path); !problem.empty()) {
      reading_.complaints.push_back(path + ": " + problem);
      return false;
    }
    SshConfigLines parsed = parse_ssh_config(*text);
    for (const std::string &complaint : parsed.complaints) {
      reading_.complaints.push_back(path + " " + complaint);
    }
    file.path = path;
    file.lines = std::move(parsed.lines);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (file.lines[i].keyword == "include") {
        include(file, i, depth);
      }
    }
    return true;
  }

  void include(SshConfigFile &file, std::size_t index, int depth) {
    const SshConfigLine &line = file.lines[index];
    if (depth == kDeepestInclude) {
      reading_.complaints.push_back(ssh_config_place(file, line) +
                                    ": files include each other too deeply");
      return;
    }
    auto &children = file.included[index];
    for (const std::string &argument : line.arguments) {
      std::string pattern = absolute_path(argument, places_.home, folder_);
      if (pattern.empty() || pattern.front() != '/') {
        reading_.complaints.push_back(ssh_config_place(file, line) +
                                      ": HOME is not set; write the whole path");
        continue;
      }
      for (const std::string &path : matches_of(pattern)) {
        SshConfigFile child;
        if (take_file(path, depth + 1, child)) {
          children.push_back(std::move(child));
        }
      }
    }
  }

  // In the order of the names. What does not exist now may come: its folder is watched.
  std::vector<std::string> matches_of(const std::string &pattern) {
    watch(pattern.substr(0, std::max<std::size_t>(pattern.rfind('/'), 1)));
    std::vector<std::string> paths;
    glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return paths;
  }

  void watch(const std::string &path) {
    auto &watched = reading_.watched;
    if (std::find(watched.begin(), watched.end(), path) == watched.end()) {
      watched.push_back(path);
    }
  }

  const SshConfigPlaces &places_;
  std::string folder_; // where relative names in Include start
  std::size_t files_ = 0;
  SshConfigReading reading_;
};

} // namespace

SshConfigReading read_ssh_config(const SshConfigPlaces &places) {
  return FileReader(places).read();
}

std::string ssh_config_place(const SshConfigFile &file, const SshConfigLine &line) {
  return file.path + " line " + std::to_string(line.number);
}

} // namespace mre::config
