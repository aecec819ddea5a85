// The listening sockets and the loops behind them.
//
// Promise: start() listens or throws mre::Error with the reason; stop_listening() lets no new
// connection in and refuses new requests; the destructor lets answers that are on their way leave
// for limits::kFlushTime. At most max_connections are served: one that is idle makes room for a new
// one, otherwise the new one gets 503. Threads: start, stop_listening and the destructor from one
// thread at a time. Lifetime: the host's services outlive it.
#pragma once

#include "connection.hpp"

#include <mre/plugin.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace mre_http {

class Server {
public:
  Server(Settings settings, mre::Host host, std::size_t max_body_bytes);
  ~Server();
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  void start();
  void stop_listening();

private:
  class Acceptor;
  std::vector<int> open_sockets() const;
  void check_reach(int socket) const;
  void tell_address(int socket) const;
  void accepted(int fd, std::string address);
  void adopt(Loop &loop, int fd, std::string address);

  const Settings settings_;
  const mre::Host host_;
  const mre::Log log_;
  FrontDoor door_;
  Service service_;
  Poco::Net::Context::Ptr tls_;
  std::atomic<bool> is_listening_{false};
  std::size_t max_connections_ = 0;      // set before the first is accepted
  std::size_t next_loop_ = 0;            // the first loop's thread only
  std::vector<std::uint64_t> acceptors_; // on the first loop
  std::vector<std::unique_ptr<Loop>> loops_;
};

} // namespace mre_http
