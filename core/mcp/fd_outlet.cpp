#include "core/mcp/fd_outlet.hpp"

#include "core/base/error.hpp"
#include "core/guard/limits.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

namespace mre::mcp {
namespace {

// A pipe that poll() calls writable takes this much without blocking (pipe(7)); the descriptor may
// be shared with others, so O_NONBLOCK is not ours to set.
constexpr std::size_t kWriteBytes = PIPE_BUF;

// A broken pipe comes as EPIPE on this thread, whatever the process does about the signal.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

} // namespace

FdOutlet::FdOutlet(int fd, const Log &log, std::function<void()> on_gone)
    : fd_(fd), log_(log), on_gone_(std::move(on_gone)),
      ending_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), writer_([this] { run(); }) {}

FdOutlet::~FdOutlet() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  ::eventfd_write(ending_.get(), 1);
  writer_.join();
}

void FdOutlet::send(Outgoing message) {
  const std::size_t bytes = message.text.size() + 1;
  std::unique_lock lock(mutex_);
  if (is_gone_ || is_ending_ || (message.may_drop && waiting_bytes_ > limits::kOutletNoticeBytes)) {
    return;
  }
  if (waiting_bytes_ + bytes > limits::kOutletBytes) {
    lock.unlock();
    lose_client("it does not read: " + std::to_string(limits::kOutletBytes) + " bytes wait for it");
    return;
  }
  message.text += '\n';
  waiting_bytes_ += bytes;
  lines_.push_back(std::move(message.text));
  lock.unlock();
  changed_.notify_all();
}

bool FdOutlet::flush(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, span, [&] { return waiting_bytes_ == 0 || is_gone_; });
  return waiting_bytes_ == 0 && !is_gone_;
}

void FdOutlet::run() {
  pthread_setname_np(pthread_self(), "mcp-writer");
  block_sigpipe();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return is_ending_ || is_gone_ || !lines_.empty(); });
    if (is_ending_ || is_gone_) {
      return;
    }
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    lock.unlock();
    const bool written = write_line(line);
    lock.lock();
    if (!written) {
      return;
    }
    waiting_bytes_ -= line.size();
    changed_.notify_all();
  }
}

bool FdOutlet::wait_writable() {
  pollfd waits[2] = {{fd_, POLLOUT, 0}, {ending_.get(), POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0) {
    if (errno != EINTR) {
      lose_client(error_from_errno(errno, "cannot wait for it").message);
      return false;
    }
  }
  return waits[1].revents == 0;
}

bool FdOutlet::write_line(const std::string &line) {
  std::size_t done = 0;
  while (done < line.size()) {
    if (!wait_writable()) {
      return false;
    }
    const std::size_t piece = std::min(kWriteBytes, line.size() - done);
    const ssize_t count = ::write(fd_, line.data() + done, piece);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR && errno != EAGAIN) {
      lose_client(error_from_errno(errno, "cannot write to it").message);
      return false;
    }
  }
  return true;
}

void FdOutlet::lose_client(const std::string &why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_gone_, true)) {
      return;
    }
    lines_.clear();
  }
  changed_.notify_all();
  ::eventfd_write(ending_.get(), 1);
  log_.warn("client_gone", {{"why", why}});
  if (on_gone_) {
    on_gone_();
  }
}

} // namespace mre::mcp
