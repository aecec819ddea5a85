// Real child processes for tests: start, talk over pipes, wait with an end in time, never leave one
// behind.
//
// Promise: every wait is bounded; a Process that goes away kills its child and reaps it; children
// die with the test program even when that is killed. Failures to start throw std::runtime_error.
// Threads: a Process belongs to one thread; the free functions are safe from any.
#pragma once

#include "core/base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::testing {

using Environment = std::map<std::string, std::string>;

// What is connected to a child's descriptor.
enum class Connect { null, pipe, inherit };

struct ProcessOptions {
  std::vector<std::string> command;         // the first word is the path, absolute or found in PATH
  std::optional<Environment> environment{}; // unset: this process's
  std::string working_directory{};          // empty: this process's
  Connect input = Connect::null;
  Connect output = Connect::inherit;
  Connect error = Connect::inherit;
  std::string error_file{}; // instead of `error`: appended to this file
};

// How a process ended: one of the two is set.
struct ProcessEnd {
  std::optional<int> exit_code;
  std::optional<int> signal;
};

class Process {
public:
  explicit Process(const ProcessOptions &options);
  ~Process();
  Process(Process &&other) noexcept;
  Process &operator=(Process &&) = delete;

  pid_t pid() const { return pid_; }
  bool is_running();
  void signal(int number);
  // Nothing when it still runs after the time.
  std::optional<ProcessEnd> wait(std::chrono::milliseconds timeout);

  const UniqueFd &input() const { return input_; }   // non-blocking
  const UniqueFd &output() const { return output_; } // non-blocking
  const UniqueFd &error() const { return error_; }   // non-blocking
  void close_input() { input_.reset(); }
  void close_output() { output_.reset(); }

private:
  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd error_;
};

struct ProgramResult {
  ProcessEnd end;
  std::string output;
  std::string error;
  bool timed_out = false;

  // -1 when it did not exit by itself.
  int exit_code() const { return end.exit_code.value_or(-1); }
};

// Runs to the end and collects both streams; a program that lasts longer than the timeout is
// killed.
ProgramResult run_program(ProcessOptions options, std::string_view input = {},
                          std::chrono::milliseconds timeout = std::chrono::seconds(30));

// PATH, HOME of the given folder, LANG=C.UTF-8, the sanitizers' options and nothing else: tests
// never see the developer's own settings.
Environment clean_environment(const std::string &home);

// Processes whose command line (words joined by blanks) holds the text; this process and zombies do
// not count.
std::vector<pid_t> processes_with_command(std::string_view text);
// Processes whose environment holds the text (their own user's only, unless root).
std::vector<pid_t> processes_with_environment(std::string_view text);
// Children of a process, directly and further down.
std::vector<pid_t> descendants_of(pid_t pid);
// The kernel's short name of a process, empty when it is gone.
std::string process_name(pid_t pid);
// True once nothing of it holds a descriptor any more: it is gone, or a zombie.
bool has_ended(pid_t pid);
// Resident memory in KiB, 0 when it is gone.
long resident_kib(pid_t pid);

} // namespace mre::testing
