// Where settings come from: the process environment, then one settings file.
//
// Promise: the environment wins over the file, variable by variable; an empty value counts as
// unset. Of the candidates for the file the first that is named or exists is read, and no other.
// From a `.env` that was merely found in the working directory and that others could have written,
// the variables that run code or lower a guard are left out, with a warning.
// Threads: pure over its request and the file system.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mre::config {

struct LoadRequest {
  std::optional<std::string> env_file;            // --env-file
  std::map<std::string, std::string> environment; // the process environment at start
  std::string working_directory;                  // absolute
  std::string executable_directory;               // absolute; plugins are found relative to it
};

struct Sources {
  std::map<std::string, std::string> variables; // no empty ones, no placeholders
  std::set<std::string> from_file;              // which of them the file gave
  std::set<std::string> refused; // set, but to a placeholder: complained about already
  std::string settings_file;     // the one that was read, or empty
  std::vector<std::string>
      settings_files; // every candidate that exists: none of them may be transferred
  std::vector<std::string> complaints;
  std::vector<std::string> warnings;
};

Sources read_sources(const LoadRequest &request);

// Home and XDG folders as the request's environment gives them; empty when they are not known.
std::string home_directory(const std::map<std::string, std::string> &environment);
std::string xdg_directory(const std::map<std::string, std::string> &environment,
                          const std::string &variable, const std::string &below_home);

// Absolute: "~" is the home directory, other relative paths start at `base`. Empty when there is a
// tilde and no home.
std::string absolute_path(const std::string &path, const std::string &home,
                          const std::string &base);

} // namespace mre::config
