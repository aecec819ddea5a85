#include "tests/support/loopback.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace mre::testing {
namespace {

sockaddr_in loopback_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

} // namespace

Result<Listener> listen_loopback() {
  Listener listener;
  listener.socket = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = loopback_address(0);
  socklen_t size = sizeof address;
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  if (!listener.socket || ::bind(listener.socket.get(), generic, size) != 0 ||
      ::listen(listener.socket.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener.socket.get(), generic, &size) != 0) {
    return error_from_errno(errno, "cannot listen on loopback");
  }
  listener.port = ntohs(address.sin_port);
  return listener;
}

UniqueFd connect_loopback(std::uint16_t port) {
  UniqueFd connected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback_address(port);
  const auto *generic = reinterpret_cast<const sockaddr *>(&address);
  if (!connected || ::connect(connected.get(), generic, sizeof address) != 0) {
    return {};
  }
  set_no_delay(connected.get());
  return connected;
}

void set_no_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool wait_readable(int fd, std::chrono::milliseconds span) {
  pollfd polled{fd, POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(span.count())) > 0;
}

std::string read_some(int fd, std::size_t size, std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  std::string bytes;
  std::array<char, 65536> buffer;
  while (bytes.size() < size) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !wait_readable(fd, left)) {
      break;
    }
    const ssize_t got = ::read(fd, buffer.data(), std::min(size - bytes.size(), buffer.size()));
    if (got <= 0) {
      break;
    }
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

std::string read_to_end(int fd, std::chrono::milliseconds span) {
  return read_some(fd, std::numeric_limits<std::size_t>::max(), span);
}

} // namespace mre::testing
