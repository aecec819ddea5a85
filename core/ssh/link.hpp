// Where the bytes of a session come from and go to: a socket, or a tunnel through another session.
//
// Promise: nothing blocks. Threads: one at a time, that of the session. Lifetime: owned by the
// wire.
#pragma once

#include "core/base/unique_fd.hpp"

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

namespace mre::ssh {

class Link {
public:
  virtual ~Link() = default;

  // What to poll, and for what.
  virtual int descriptor() const = 0;
  virtual short events(bool wants_write) const = 0;
  // As recv(2) and send(2): the count, 0 at the end of the stream, or the negative errno.
  virtual ssize_t receive(std::span<char> into) = 0;
  virtual ssize_t send(std::string_view bytes) = 0;
  // Why the link ended, where it knows; empty for an orderly end.
  virtual std::string end_reason() const = 0;
};

class SocketLink final : public Link {
public:
  explicit SocketLink(UniqueFd socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_.get(); }
  short events(bool wants_write) const override;
  ssize_t receive(std::span<char> into) override;
  ssize_t send(std::string_view bytes) override;
  std::string end_reason() const override { return {}; }

private:
  UniqueFd socket_;
};

} // namespace mre::ssh
