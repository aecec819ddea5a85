// Listeners of tests/support/loopback.hpp, for tests that only want a number or a deaf ear.
#include "tests/support/network.hpp"

#include <stdexcept>
#include <utility>

namespace mre::testing {

namespace {

Listener listener() {
  auto made = listen_loopback();
  if (!made) {
    throw std::runtime_error(made.error().message);
  }
  return *std::move(made);
}

} // namespace

std::uint16_t free_port() {
  return listener().port;
}

SilentServer::SilentServer() : listener_(listener()) {}

} // namespace mre::testing
