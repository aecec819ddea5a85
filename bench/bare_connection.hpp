// The floor: one libssh2 session with nothing around it, as lean as libssh2 allows.
//
// Promise: TCP_NODELAY, non-blocking, key login. `memory`: libssh2 talks to two buffers, filled and
// flushed once a turn (libssh2's own recv is mostly EAGAIN); `direct`: libssh2 talks to the socket.
// Threads: one per connection. Lifetime: channels and SFTP handles end before it. Failures throw
// std::runtime_error.
#pragma once

#include "bench/fixture.hpp"
#include "core/base/unique_fd.hpp"

#include <libssh2.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mre::bench {

enum class Buffering { memory, direct };

class BareConnection {
public:
  explicit BareConnection(const Endpoint &endpoint, Buffering buffering = Buffering::memory);
  ~BareConnection();
  BareConnection(const BareConnection &) = delete;
  BareConnection &operator=(const BareConnection &) = delete;

  LIBSSH2_SESSION *session() { return session_; }
  int socket() const { return socket_.get(); }

  // Memory buffering: takes what the socket has, false when it had nothing; sends what is queued.
  bool fill();
  void flush();
  bool has_queued() const { return sent_ < outgoing_.size(); }
  // Fails when nothing happens for 30 s.
  void wait();

  // Repeats the step until it answers something other than EAGAIN; throws for errors, naming
  // `what`.
  template <class Step>
  long finish(const char *what, Step step) {
    long result = LIBSSH2_ERROR_EAGAIN;
    while ((result = step()) == LIBSSH2_ERROR_EAGAIN) {
      flush();
      wait();
    }
    flush();
    if (result < 0) {
      fail(what);
    }
    return result;
  }
  // The same for calls that return a handle or null.
  template <class Open>
  auto finish_open(const char *what, Open open) {
    for (;;) {
      if (auto *handle = open()) {
        flush();
        return handle;
      }
      if (libssh2_session_last_errno(session_) != LIBSSH2_ERROR_EAGAIN) {
        fail(what);
      }
      flush();
      wait();
    }
  }

private:
  friend struct BareTransport;
  [[noreturn]] void fail(const char *what);
  void login(const Endpoint &endpoint);

  UniqueFd socket_;
  Buffering buffering_;
  LIBSSH2_SESSION *session_ = nullptr;
  std::string incoming_;
  std::size_t taken_ = 0;
  std::string outgoing_;
  std::size_t sent_ = 0;
  bool ended_ = false;
};

// Commands, one after the other. Each returns how many bytes of output came; a status other than 0
// throws.
LIBSSH2_CHANNEL *open_channel(BareConnection &connection);
std::size_t exec_on(BareConnection &connection, LIBSSH2_CHANNEL *channel,
                    std::string_view command); // frees it
std::size_t exec(BareConnection &connection, std::string_view command);

} // namespace mre::bench
