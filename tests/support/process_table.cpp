// Reading /proc: who runs, with which words, under whom.
#include "core/base/file.hpp"
#include "tests/support/process.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace mre::testing {

namespace {

std::string read_proc(pid_t pid, const char *file) {
  // A process may end between any two steps: then there is nothing to read.
  return read_file("/proc/" + std::to_string(pid) + "/" + file, 1U << 20U).value_or("");
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry("/proc", gone), end; entry != end;
       entry.increment(gone)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) {
      pids.push_back(pid);
    }
  }
  return pids;
}

// State letter and parent from /proc/PID/stat; the name in brackets may hold anything, so read
// after the last bracket.
std::pair<char, pid_t> state_and_parent(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const auto bracket = stat.rfind(')');
  if (bracket == std::string::npos) {
    return {'X', -1};
  }
  std::istringstream rest(stat.substr(bracket + 1));
  char state = 'X';
  pid_t parent = -1;
  rest >> state >> parent;
  return {state, parent};
}

std::vector<pid_t> processes_with(std::string_view text, const char *file, char separator) {
  std::vector<pid_t> found;
  for (const pid_t pid : all_processes()) {
    if (pid == ::getpid()) {
      continue;
    }
    std::string words = read_proc(pid, file);
    std::replace(words.begin(), words.end(), '\0', separator);
    if (words.find(text) != std::string::npos && state_and_parent(pid).first != 'Z') {
      found.push_back(pid);
    }
  }
  return found;
}

} // namespace

std::vector<pid_t> processes_with_command(std::string_view text) {
  return processes_with(text, "cmdline", ' ');
}

std::vector<pid_t> processes_with_environment(std::string_view text) {
  return processes_with(text, "environ", '\n');
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<std::pair<pid_t, pid_t>> parents; // child, parent
  for (const pid_t child : all_processes()) {
    parents.emplace_back(child, state_and_parent(child).second);
  }
  std::vector<pid_t> found{pid};
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const auto &[child, parent] : parents) {
      if (parent == found[next]) {
        found.push_back(child);
      }
    }
  }
  found.erase(found.begin());
  return found;
}

std::string process_name(pid_t pid) {
  std::string name = read_proc(pid, "comm");
  name.erase(std::find(name.begin(), name.end(), '\n'), name.end());
  return name;
}

bool has_ended(pid_t pid) {
  const char state = state_and_parent(pid).first; // the kernel closes the files before 'Z' shows
  return state == 'Z' || state == 'X';
}

long resident_kib(pid_t pid) {
  std::istringstream status(read_proc(pid, "status"));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) {
      return std::stol(line.substr(6));
    }
  }
  return 0;
}

} // namespace mre::testing
