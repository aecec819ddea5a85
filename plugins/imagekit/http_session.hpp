// HttpSession: Poco's HTTPS session, made to notice a cancel while it waits, and to move bodies
// without a detour through its small stream buffers.
//
// Promise: waits end by data, by a cancel (mre::Error), or by the time limit
// (Poco::TimeoutException). Threads: one. Lifetime: borrows the Patience.
#pragma once

#include "stopping.hpp"

#include <Poco/Net/HTTPSClientSession.h>

#include <chrono>
#include <string_view>

namespace imagekit {

class HttpSession : public Poco::Net::HTTPSClientSession {
public:
  HttpSession(const std::string &host, Poco::UInt16 port, Poco::Net::Context::Ptr context,
              const Patience &patience);

  void set_limits(std::chrono::milliseconds connect, std::chrono::milliseconds silence);
  // All that is waited for together must be over by then: against peers that trickle.
  void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  // Until the first byte of the answer is there.
  void wait_for_answer();
  void write_all(std::string_view bytes);
  // Of the body, past the header; 0 when the peer closed.
  std::size_t read_some(char *buffer, std::size_t capacity);

protected:
  int read(char *buffer, std::streamsize length) override;

private:
  void check() const;
  int read_patiently(char *buffer, std::streamsize length);
  void set_socket_timeouts(std::chrono::milliseconds span);

  const Patience &patience_;
  std::chrono::milliseconds silence_{0};
  std::chrono::steady_clock::time_point deadline_;
  bool is_sliced_ = false; // the socket gives up after a moment, to look at the call
};

} // namespace imagekit
