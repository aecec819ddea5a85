// The bytes between a link and a libssh2 session, in memory.
//
// Promise: the send callback never refuses, so no libssh2 call is ever interrupted in the middle of
// a packet and calls of several channels may interleave; the receive callback never touches the
// link, so no wake-up is lost. Packets that libssh2 is done with are looked at on their way out:
// its API cannot say whether an exit status has arrived, which channel it belongs to, or that a
// channel was closed.
// Threads: one at a time (the login thread, then the reactor). Lifetime: outlives its session.
#pragma once

#include "core/ssh/link.hpp"

#include <libssh2.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mre::ssh {

// What the far side said about a channel, beside its data.
struct ChannelNews {
  enum class Kind { exit_status, exit_signal, closed };
  Kind kind;
  std::uint32_t channel; // our number of it
  std::uint32_t status = 0;
  std::string signal; // without SIG
};

class Wire {
public:
  explicit Wire(std::unique_ptr<Link> link) : link_(std::move(link)) {}
  Wire(const Wire &) = delete;
  Wire &operator=(const Wire &) = delete;

  // A session whose traffic goes through this object; null when memory is short.
  LIBSSH2_SESSION *create_session();

  int descriptor() const { return link_->descriptor(); }
  short events() const { return link_->events(wants_write()); } // what to poll for
  // Reads once from the link. The scratch space stays borrowed until settle().
  void fill(std::span<char> scratch);
  // Keeps what nobody took from the scratch space.
  void settle();
  // Writes what the link takes now.
  void flush();

  bool wants_write() const { return !is_broken_ && !outgoing_.empty(); }
  std::size_t outgoing_bytes() const { return outgoing_.size() - sent_; }
  bool has_input() const { return !incoming_.empty() || !kept_.empty(); }
  std::uint64_t received_bytes() const { return received_; }
  std::uint64_t consumed_bytes() const { return consumed_; }
  std::uint64_t queued_bytes() const { return queued_; } // given to put(), ever
  // The far side closed, the link failed, or sever() was called. Input may be left.
  bool is_broken() const { return is_broken_; }
  int link_error() const { return link_error_; } // errno, 0 for an orderly end
  std::string end_reason() const { return link_->end_reason(); }
  // The first bytes the far side ever sent; for telling what answered instead of an SSH server.
  const std::string &greeting() const { return greeting_; }
  // What the far side said when it ended the connection, if it did.
  const std::string &farewell() const { return farewell_; }
  // From now on everything fails at once, so that libssh2 can free without waiting.
  void sever();

  void on_news(std::function<void(const ChannelNews &)> listener) {
    listener_ = std::move(listener);
  }
  // Our number of the channel whose opening was confirmed last.
  std::uint32_t last_opened() const { return last_opened_; }
  std::uint64_t openings() const { return openings_; } // confirmed, ever

  // The password for keyboard-interactive questions and what came of it; see authenticate.cpp.
  void *login_state = nullptr;

private:
  ssize_t take(char *buffer, std::size_t capacity);
  ssize_t put(std::string_view bytes);
  std::size_t send_now(std::string_view bytes); // as much as the socket takes
  void look_at(std::string_view packet);

  static void *allocate(std::size_t count, void **abstract);
  static void *reallocate(void *memory, std::size_t count, void **abstract);
  static void release(void *memory, void **abstract);
  static LIBSSH2_RECV_FUNC(receive);
  static LIBSSH2_SEND_FUNC(send);
  static LIBSSH2_DISCONNECT_FUNC(disconnected);

  const std::unique_ptr<Link> link_;
  std::string_view incoming_; // in the scratch space
  std::string kept_;          // left over from earlier
  std::string outgoing_;
  std::size_t sent_ = 0; // of outgoing_
  std::string greeting_;
  std::string farewell_;
  std::uint64_t received_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint64_t queued_ = 0;
  std::uint32_t last_opened_ = 0;
  std::uint64_t openings_ = 0;
  int link_error_ = 0;
  bool is_broken_ = false;
  bool is_severed_ = false;
  std::function<void(const ChannelNews &)> listener_;
};

} // namespace mre::ssh
