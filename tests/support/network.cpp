// Loopback sockets by bind(0).
#include "tests/support/network.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace mre::testing {

namespace {

std::pair<UniqueFd, std::uint16_t> bind_loopback() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  if (!fd || ::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0) {
    throw std::runtime_error(std::string("bind on loopback: ") + std::strerror(errno));
  }
  return {std::move(fd), ntohs(address.sin_port)};
}

} // namespace

std::uint16_t free_port() {
  return bind_loopback().second;
}

SilentServer::SilentServer() {
  std::tie(socket_, port_) = bind_loopback();
  if (::listen(socket_.get(), 64) != 0) {
    throw std::runtime_error(std::string("listen: ") + std::strerror(errno));
  }
}

} // namespace mre::testing
