// Owners of libssh2's objects. Threads: as their session. Lifetime: a session goes before its wire.
#pragma once

#include "core/ssh/wire.hpp"

#include <libssh2.h>

#include <memory>
#include <string>
#include <utility>

namespace mre::ssh {

// libssh2's process-wide state, once before the first session: made with the engine, it would cost
// a server that connects nowhere 1.5 MiB of OpenSSL's tables (measured). It ends with the process.
inline void need_library() {
  static const int made = libssh2_init(0);
  static_cast<void>(made);
}

// A session together with the wire it talks through.
class Session {
public:
  explicit Session(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {
    need_library();
    session_ = wire_->create_session();
  }
  ~Session() {
    if (session_ != nullptr) {
      // A severed wire fails every call at once, so freeing never waits for the peer.
      wire_->sever();
      constexpr int kAttempts = 1000; // each one ends at least one channel; a bound, never reached
      for (int i = 0; i < kAttempts && libssh2_session_free(session_) == LIBSSH2_ERROR_EAGAIN;
           ++i) {
      }
    }
  }
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  explicit operator bool() const { return session_ != nullptr; }
  LIBSSH2_SESSION *get() const { return session_; }
  Wire &wire() const { return *wire_; }
  // How the login went, for people: "key /home/me/.ssh/id_ed25519; the server offers publickey".
  void note_login(std::string how) { login_note_ = std::move(how); }
  const std::string &login_note() const { return login_note_; }
  std::string last_error() const {
    char *text = nullptr;
    int length = 0;
    libssh2_session_last_error(session_, &text, &length, 0);
    return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(length));
  }

private:
  std::unique_ptr<Wire> wire_;
  LIBSSH2_SESSION *session_ = nullptr;
  std::string login_note_;
};

} // namespace mre::ssh
