// ssh_config files with everything they include, read once.
//
// Promise: the order is that of the files; a file that others could have written is refused, as ssh
// refuses it; Include follows ssh's rules (`~`, relative to ~/.ssh or /etc/ssh, wildcards, no depth
// without end). Complaints name file and line.
// Threads: pure over the file system.
#pragma once

#include "core/config/ssh_config_lines.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

struct SshConfigFile {
  std::string path;
  std::vector<SshConfigLine> lines;
  // By the index of an Include line: what it names.
  std::map<std::size_t, std::vector<SshConfigFile>> included;
};

struct SshConfigReading {
  std::vector<SshConfigFile> files; // in the order they count
  std::vector<std::string> watched; // every file and folder whose change may change the result
  std::vector<std::string> complaints;
  std::vector<std::string> warnings;
};

struct SshConfigPlaces {
  std::string user_file;   // may be missing unless it is named
  std::string system_file; // empty: not read; may be missing
  bool is_named = false;   // MRE_SSH_CONFIG names user_file
  std::string home;        // may be empty
};

SshConfigReading read_ssh_config(const SshConfigPlaces &places);

// "~/.ssh/config line 12"
std::string ssh_config_place(const SshConfigFile &file, const SshConfigLine &line);

} // namespace mre::config
