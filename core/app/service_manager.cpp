#include "core/app/service_manager.hpp"

#include "core/base/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstddef>

namespace mre::app {

// The time lets the manager tell this reload from an earlier one (sd_notify(3), MONOTONIC_USEC=).
void ServiceManager::reloading() const {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void ServiceManager::tell(const std::string &state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool is_path = !socket_.empty() && (socket_[0] == '/' || socket_[0] == '@');
  if (!is_path || socket_.size() >= sizeof address.sun_path) {
    return;
  }
  socket_.copy(static_cast<char *>(address.sun_path), socket_.size());
  if (socket_[0] == '@') { // a name without a file begins with a zero byte
    address.sun_path[0] = '\0';
  }
  const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  static_cast<void>(::sendto(sender.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr *>(&address), // NOLINT: the socket API
                             size));
}

} // namespace mre::app
