// Messages as lines on a file descriptor: the one writer of a stream connection.
//
// Promise: each message is one line, lines never mix, and send() never waits for the reader. A
// client that reads too slowly loses progress and logs first (kOutletNoticeBytes waiting); with
// kOutletBytes waiting, on a broken pipe or any other write error it counts as gone: nothing more
// is written and on_gone runs once, on the sending or the writing thread. Threads: send() from any;
// one own thread writes. Lifetime: shared; the descriptor stays the caller's and must outlive it.
#pragma once

#include "core/base/log.hpp"
#include "core/base/unique_fd.hpp"
#include "core/mcp/outlet.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace mre::mcp {

class FdOutlet final : public Outlet {
public:
  FdOutlet(int fd, const Log &log, std::function<void()> on_gone);
  ~FdOutlet() override; // what still waits is dropped
  FdOutlet(const FdOutlet &) = delete;
  FdOutlet &operator=(const FdOutlet &) = delete;

  void send(Outgoing message) override;
  // Waits until everything that was sent is written. False when the span ran out or the client is
  // gone.
  bool flush(std::chrono::milliseconds span);

private:
  void run();
  bool write_line(const std::string &line);
  bool wait_writable();
  void lose_client(const std::string &why);

  const int fd_;
  const Log &log_;
  const std::function<void()> on_gone_;
  UniqueFd ending_; // an eventfd, so that a writer that waits for its reader can be ended
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  std::size_t waiting_bytes_ = 0; // of lines_ and of the one being written
  bool is_ending_ = false;
  bool is_gone_ = false;
  std::thread writer_;
};

} // namespace mre::mcp
