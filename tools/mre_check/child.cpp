#include "tools/mre_check/child.hpp"

#include "core/base/unique_fd.hpp"
#include "core/plugin_host/code_map.hpp"
#include "core/plugin_host/crash_note.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace mre_check {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      reader.reset(ends[0]);
      writer.reset(ends[1]);
    }
  }
  mre::UniqueFd reader, writer;
};

// What the child says about itself: a letter and a message.
void say(int fd, char verdict, const std::string &message) {
  const std::string text = verdict + message.substr(0, 4000); // one write below PIPE_BUF
  static_cast<void>(::write(fd, text.data(), text.size()));
}

[[noreturn]] void be_child(const Check &check, Plugin &plugin, int result_fd, int output_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output_fd, STDOUT_FILENO); // where a plugin must not write
  mre::plugin_host::install_crash_note(result_fd);
  try {
    const mre::plugin_host::Running running(plugin.path.c_str(), check.name);
    if (check.needs_load) {
      load(plugin);
      mre::plugin_host::remember_code(plugin.descriptor->id,
                                      reinterpret_cast<const void *>(plugin.descriptor->create));
    }
    check.run(plugin);
    std::fflush(nullptr);
    say(result_fd, 'p', {});
  } catch (const Warning &warning) {
    say(result_fd, 'w', warning.what());
  } catch (const Skipped &skipped) {
    say(result_fd, 's', skipped.what());
  } catch (const Failed &failed) {
    say(result_fd, 'f', failed.what());
  } catch (const mre::Error &error) {
    say(result_fd, 'f', error.what());
  } catch (const std::exception &error) {
    say(result_fd, 'f', std::string("an exception left the plugin: ") + error.what());
  } catch (...) {
    say(result_fd, 'f', "something was thrown out of the plugin");
  }
  std::_Exit(0);
}

// What the crash note of the child adds: on which of its threads it happened.
std::string where_of(const std::string &note) {
  return note.find("in=\"a thread of its own\"") != std::string::npos
             ? ", on a thread that the plugin started itself"
             : "";
}

struct Heard {
  std::string result, output;
  bool is_late = false;
};

// Everything the child says, until it has closed both pipes or the time is over.
Heard listen(const mre::UniqueFd &result, const mre::UniqueFd &output, Clock::time_point end) {
  Heard heard;
  std::array<pollfd, 2> fds{pollfd{result.get(), POLLIN, 0}, pollfd{output.get(), POLLIN, 0}};
  std::array<std::string *, 2> into{&heard.result, &heard.output};
  while (fds[0].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) {
      heard.is_late = true;
      break;
    }
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0) {
      continue;
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
      if (fds.at(i).fd < 0 || fds.at(i).revents == 0) {
        continue;
      }
      std::array<char, 4096> chunk{};
      const ssize_t got = ::read(fds.at(i).fd, chunk.data(), chunk.size());
      if (got <= 0) {
        fds.at(i).fd = -1;
      } else if (into.at(i)->size() < chunk.size()) {
        into.at(i)->append(chunk.data(), static_cast<std::size_t>(got));
      }
    }
  }
  return heard;
}

Report judge(const Heard &heard, int status, std::chrono::milliseconds patience) {
  Report report;
  if (heard.is_late) {
    report.message = "did not end within " + std::to_string(patience.count()) + " ms";
  } else if (WIFSIGNALED(status)) {
    report.message = std::string("the process was ended by ") + ::strsignal(WTERMSIG(status)) +
                     where_of(heard.result);
  } else if (heard.result.find("event=exited") != std::string::npos) {
    report.message = "the plugin ended the process: it called exit()";
  } else if (heard.result.empty()) {
    report.message =
        "the plugin ended the process with exit code " + std::to_string(WEXITSTATUS(status));
  } else if (heard.result[0] == 's' || heard.result[0] == 'f') {
    report.verdict = heard.result[0] == 's' ? Verdict::skipped : Verdict::failed;
    report.message = valid_utf8(heard.result.substr(1));
  } else if (!heard.output.empty()) {
    report.message = "it wrote to standard output, which belongs to the protocol: '" +
                     valid_utf8(heard.output.substr(0, 80)) + "'; use mre.log/1";
  } else {
    report.verdict = heard.result[0] == 'w' ? Verdict::warned : Verdict::passed;
    report.message = valid_utf8(heard.result.substr(1));
  }
  return report;
}

} // namespace

Report run_in_child(const Check &check, Plugin plugin, std::chrono::milliseconds patience) {
  const auto begin = Clock::now();
  Pipe result;
  Pipe output;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0 || !result.reader || !output.reader) {
    return {Verdict::failed, std::string("cannot start a process: ") + std::strerror(errno), {}};
  }
  if (child == 0) {
    be_child(check, plugin, result.writer.get(), output.writer.get());
  }
  result.writer.reset();
  output.writer.reset();
  const Heard heard = listen(result.reader, output.reader, begin + patience);
  if (heard.is_late) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Report report = judge(heard, status, patience);
  report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return report;
}

} // namespace mre_check
