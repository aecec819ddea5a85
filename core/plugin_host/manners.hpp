// What a plugin has to leave as it is in the process they share: signal handlers, the signal mask
// of the host's thread, the working folder, and standard output.
//
// Promise: mend() says what was changed since the beginning, one sentence each, and puts it back;
// what a plugin wrote to standard output is quoted and gone. Threads: any; with two plugins running
// at once the one that returns first is taken for the one that did it. Lifetime: made before the
// first plugin is loaded.
#pragma once

#include "core/base/unique_fd.hpp"

#include <sys/types.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

namespace mre::plugin_host {

// The signal mask of this thread at the time of its making.
class SignalMask {
public:
  SignalMask();
  bool is_unchanged() const;
  void put_back() const;

private:
  sigset_t mask_{};
};

class Manners {
public:
  Manners();

  std::vector<std::string> mend(const SignalMask &before) const;

private:
  // Those the server lives by: its end and its reload, writing to a client that is gone, and the
  // last words of a crash.
  static constexpr std::array<int, 9> kSignals{SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGSEGV,
                                               SIGBUS,  SIGILL, SIGFPE, SIGABRT};

  std::string mend_signals() const;
  std::string mend_folder() const;

  std::array<struct sigaction, kSignals.size()> actions_{};
  UniqueFd folder_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace mre::plugin_host
