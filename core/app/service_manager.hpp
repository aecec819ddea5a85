// Words to the service manager that started the process: sd_notify(3) without its library.
//
// Promise: does nothing without NOTIFY_SOCKET; never blocks, never fails the server. Threads: any.
// Lifetime: a value.
#pragma once

#include <string>
#include <utility>

namespace mre::app {

class ServiceManager {
public:
  // The value of NOTIFY_SOCKET; empty: nobody wants to know.
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}

  void ready() const { tell("READY=1"); }
  void reloading() const; // ready() follows
  void stopping() const { tell("STOPPING=1"); }

private:
  void tell(const std::string &state) const;

  std::string socket_;
};

} // namespace mre::app
