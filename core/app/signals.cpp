#include "core/app/signals.hpp"

#include "core/base/result.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <array>
#include <csignal>
#include <cstdint>

namespace mre::app {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&set, number);
  }
  return set;
}

} // namespace

void block_signals() {
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGXFSZ, &ignore, nullptr); // a file at its limit is an error like a full disk
}

Signals::Signals(std::function<void(int)> on_signal) {
  const sigset_t set = handled_signals();
  events_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  ending_.reset(::eventfd(0, EFD_CLOEXEC));
  MRE_BUG_IF(!events_ || !ending_);
  thread_ = std::thread([this, on_signal = std::move(on_signal)] {
    pthread_setname_np(pthread_self(), "signals");
    while (true) {
      std::array<pollfd, 2> descriptors{pollfd{events_.get(), POLLIN, 0},
                                        pollfd{ending_.get(), POLLIN, 0}};
      if (::poll(descriptors.data(), descriptors.size(), -1) < 0) {
        continue;
      }
      if (descriptors[1].revents != 0) {
        return;
      }
      signalfd_siginfo info{};
      if (::read(events_.get(), &info, sizeof info) == sizeof info) {
        on_signal(static_cast<int>(info.ssi_signo));
      }
    }
  });
}

Signals::~Signals() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(ending_.get(), &one, sizeof one));
  thread_.join();
}

} // namespace mre::app
