// Loopback TCP sockets for tests: a listener on a free port, a connection, waiting with an end in
// time.
//
// Threads: pure functions over descriptors.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mre::testing {

struct Listener {
  UniqueFd socket;
  std::uint16_t port = 0;
};

// Non-blocking, close-on-exec, on 127.0.0.1 and a port the kernel chose.
Result<Listener> listen_loopback();

// Blocking connect (loopback answers at once), TCP_NODELAY set; an empty descriptor when nobody
// listens.
UniqueFd connect_loopback(std::uint16_t port);

void set_no_delay(int socket);

// False when nothing came within the span. An end of the stream counts as readable.
bool wait_readable(int fd, std::chrono::milliseconds span);

// Reads until `size` bytes, the end of the stream, an error, or the span is over.
std::string read_some(int fd, std::size_t size, std::chrono::milliseconds span);
std::string read_to_end(int fd, std::chrono::milliseconds span);

} // namespace mre::testing
