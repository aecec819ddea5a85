// Loopback sockets for tests: a free port, and a server that accepts and then says nothing.
//
// Threads: any. Lifetime: a SilentServer listens as long as it lives. Failures throw
// std::runtime_error.
#pragma once

#include "tests/support/loopback.hpp"

#include <cstdint>

namespace mre::testing {

// A port nobody listened on a moment ago.
std::uint16_t free_port();

// Connections succeed (the kernel's backlog takes them) and no byte ever comes.
class SilentServer {
public:
  SilentServer();
  std::uint16_t port() const { return listener_.port; }

private:
  Listener listener_;
};

} // namespace mre::testing
