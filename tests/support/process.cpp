// fork and exec with pipes; waiting by pidfd-free polling of waitpid, so that it works in every
// container.
#include "tests/support/process.hpp"

#include "tests/support/eventually.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

extern char **environ; // NOLINT: POSIX names it

namespace mre::testing {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string &what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What the child needs, gathered before the fork: after it only async-signal-safe calls are
// allowed.
struct Prepared {
  std::vector<char *> arguments;
  std::vector<std::string> environment_lines;
  std::vector<char *> environment;
  const char *folder = nullptr;
  int input = -1;
  int output = -1;
  int error = -1;
  pid_t parent = -1;
};

[[noreturn]] void become(const Prepared &prepared) {
  // Die with the test program; a check for the race where it died before this line.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != prepared.parent) {
    ::_exit(126);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const std::array<int, 3> wanted{prepared.input, prepared.output, prepared.error};
  for (int target = 0; target < 3; ++target) {
    if (wanted[static_cast<std::size_t>(target)] >= 0 &&
        ::dup2(wanted[static_cast<std::size_t>(target)], target) < 0) {
      ::_exit(126);
    }
  }
  if (prepared.folder != nullptr && ::chdir(prepared.folder) != 0) {
    ::_exit(126);
  }
  ::execvpe(prepared.arguments[0], prepared.arguments.data(),
            prepared.environment.empty() ? environ : prepared.environment.data());
  ::_exit(127);
}

Prepared prepare(const ProcessOptions &options) {
  Prepared prepared;
  for (const auto &word : options.command) {
    prepared.arguments.push_back(const_cast<char *>(word.c_str()));
  }
  prepared.arguments.push_back(nullptr);
  if (options.environment) {
    for (const auto &[name, value] : *options.environment) {
      prepared.environment_lines.push_back(name + "=" + value);
    }
    for (auto &line : prepared.environment_lines) {
      prepared.environment.push_back(line.data());
    }
    prepared.environment.push_back(nullptr);
  }
  prepared.folder = options.working_directory.empty() ? nullptr : options.working_directory.c_str();
  prepared.parent = ::getpid();
  return prepared;
}

void make_non_blocking(const UniqueFd &fd) {
  if (fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  }
}

ProcessEnd end_from_status(int status) {
  ProcessEnd end;
  if (WIFEXITED(status)) {
    end.exit_code = WEXITSTATUS(status);
  } else {
    end.signal = WTERMSIG(status);
  }
  return end;
}

// Appends what is there; false at end of file.
bool drain(const UniqueFd &fd, std::string &into) {
  std::array<char, 65536> buffer; // NOLINT: filled by read
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      return got < 0 && errno == EAGAIN;
    }
  }
}

} // namespace

Process::Process(const ProcessOptions &options) {
  Prepared prepared = prepare(options);
  Pipe input;
  Pipe output;
  Pipe error;
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const auto connect = [&](Connect how, Pipe &pipe, bool child_reads) {
    if (how == Connect::inherit) {
      return -1;
    }
    if (how == Connect::null) {
      return null.get();
    }
    pipe = make_pipe();
    return child_reads ? pipe.read.get() : pipe.write.get();
  };
  prepared.input = connect(options.input, input, true);
  prepared.output = connect(options.output, output, false);
  UniqueFd error_file;
  if (options.error_file.empty()) {
    prepared.error = connect(options.error, error, false);
  } else {
    error_file.reset(
        ::open(options.error_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    prepared.error = error_file.get();
  }
  // A child that is gone must be seen as EPIPE, not end the test program.
  ::signal(SIGPIPE, SIG_IGN);
  pid_ = ::fork();
  if (pid_ == 0) {
    become(prepared);
  }
  if (pid_ < 0) {
    fail("fork");
  }
  input_ = std::move(input.write);
  output_ = std::move(output.read);
  error_ = std::move(error.read);
  make_non_blocking(input_);
  make_non_blocking(output_);
  make_non_blocking(error_);
}

Process::Process(Process &&other) noexcept
    : pid_(std::exchange(other.pid_, -1)), end_(other.end_), input_(std::move(other.input_)),
      output_(std::move(other.output_)), error_(std::move(other.error_)) {}

Process::~Process() {
  if (pid_ > 0 && is_running()) {
    signal(SIGKILL);
    wait(std::chrono::seconds(10));
  }
}

bool Process::is_running() {
  return !wait(std::chrono::milliseconds(0));
}

void Process::signal(int number) {
  if (pid_ > 0 && !end_) {
    ::kill(pid_, number);
  }
}

std::optional<ProcessEnd> Process::wait(std::chrono::milliseconds timeout) {
  eventually(
      [this] {
        int status = 0;
        if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
          end_ = end_from_status(status);
        }
        return end_.has_value();
      },
      timeout);
  return end_;
}

ProgramResult run_program(ProcessOptions options, std::string_view input,
                          std::chrono::milliseconds timeout) {
  options.input = input.empty() ? Connect::null : Connect::pipe;
  options.output = Connect::pipe;
  options.error = Connect::pipe;
  Process process(options);
  ProgramResult result;
  const auto end = Clock::now() + timeout;
  bool output_open = true;
  bool error_open = true;
  while (output_open || error_open) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) {
      result.timed_out = true;
      process.signal(SIGKILL);
      break;
    }
    std::array<pollfd, 3> polled{{{output_open ? process.output().get() : -1, POLLIN, 0},
                                  {error_open ? process.error().get() : -1, POLLIN, 0},
                                  {input.empty() ? -1 : process.input().get(), POLLOUT, 0}}};
    ::poll(polled.data(), polled.size(), static_cast<int>(left));
    output_open = output_open && drain(process.output(), result.output);
    error_open = error_open && drain(process.error(), result.error);
    if (!input.empty() && polled[2].revents != 0) {
      const ssize_t sent = ::write(process.input().get(), input.data(), input.size());
      if (sent > 0) {
        input.remove_prefix(static_cast<std::size_t>(sent));
      } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        input = {};
      }
      if (input.empty()) {
        process.close_input();
      }
    }
  }
  result.end = process.wait(std::chrono::seconds(10)).value_or(ProcessEnd{});
  return result;
}

Environment clean_environment(const std::string &home) {
  Environment environment{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                          {"HOME", home},
                          {"LANG", "C.UTF-8"}};
  for (const char *name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char *value = std::getenv(name); value != nullptr) {
      environment[name] = value;
    }
  }
  return environment;
}

} // namespace mre::testing
