// Load over HTTP/1.1 from one thread: many connections, each with one request in flight all the
// time, or many streams that are only held open.
//
// Promise: every answer is read whole and looked at; one that is no 200 counts as failed. What is
// no HTTP throws std::runtime_error. Threads: the caller's. Lifetime: connections are closed with
// the object.
#pragma once

#include "core/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mre::bench {

// A POST of this message with the headers that repeat it (MCP 2026-07-28 basic/transports).
std::string stateless_post(const std::string &method, const std::string &name,
                           const std::string &body);

struct HttpLoad {
  std::uint16_t port = 0;
  std::size_t connections = 0;
  std::size_t requests = 0; // of all connections together
};

struct LoadResult {
  double seconds = 0;
  std::size_t failed = 0;
  std::vector<double> latencies; // milliseconds, one per request
};

LoadResult run_load(const HttpLoad &load, const std::string &request);

// Streams that the server answered with 200 and that stay open.
class HeldStreams {
public:
  HeldStreams(std::uint16_t port, const std::string &request, std::size_t count);

private:
  std::vector<UniqueFd> sockets_;
};

} // namespace mre::bench
