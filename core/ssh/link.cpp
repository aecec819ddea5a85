// See link.hpp.
#include "core/ssh/link.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace mre::ssh {

short SocketLink::events(bool wants_write) const {
  return static_cast<short>(wants_write ? POLLIN | POLLOUT : POLLIN);
}

ssize_t SocketLink::receive(std::span<char> into) {
  const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
  return count < 0 ? -errno : count;
}

ssize_t SocketLink::send(std::string_view bytes) {
  const ssize_t count =
      ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return count < 0 ? -errno : count;
}

} // namespace mre::ssh
