// See tunnel_wait.hpp.
#include "core/ssh/tunnel_wait.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <optional>
#include <utility>

namespace mre::ssh {

TunnelTarget tunnel_target(const config::HostConfig &host, const std::string &through) {
  return {.address = host.address,
          .port = host.port,
          .patience = host.connect_timeout,
          .through = through};
}

Result<std::unique_ptr<Link>> wait_for_tunnel(const TunnelWish &wish, const BoundedWait &bounds) {
  const UniqueFd told(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  struct Answer {
    std::optional<Result<void>> result;
    std::shared_ptr<Tunnel> tunnel;
    bool is_awaited = true;
  };
  const auto answer = std::make_shared<Guarded<Answer>>();
  // The reactor does not own itself through a job that is never run.
  const auto ask = [weak = std::weak_ptr(wish.reactor), target = wish.target, open = wish.open,
                    answer, wake = told.get()] {
    auto tunnel =
        std::make_shared<Tunnel>(target, weak.lock(), [answer, wake](Result<void> result) {
          const auto unwanted = answer->with([&](Answer &state) -> std::shared_ptr<Tunnel> {
            state.result = std::move(result);
            if (state.is_awaited) { // else the descriptor is somebody else's by now
              ::eventfd_write(wake, 1);
              return nullptr;
            }
            return std::exchange(state.tunnel, nullptr);
          });
          if (unwanted != nullptr) {
            unwanted->link(); // and its end
          }
        });
    answer->with([&](Answer &state) { state.tunnel = tunnel; });
    open(tunnel);
  };
  if (!wish.reactor->post(ask)) {
    return Error{Errc::cancelled, "the server is ending", {}};
  }
  pollfd polled{told.get(), POLLIN, 0};
  const WaitEnd end = bounds.wait(std::span(&polled, 1));
  return answer->with([&](Answer &state) -> Result<std::unique_ptr<Link>> {
    state.is_awaited = false;
    if (state.result && state.result->has_value()) {
      return std::exchange(state.tunnel, nullptr)->link();
    }
    if (state.result) {
      return state.result->error();
    }
    return end == WaitEnd::stopped
               ? Error{Errc::cancelled, "the server is ending", {}}
               : Error{Errc::timed_out, "the jump host opened no further way in time", {}};
  });
}

} // namespace mre::ssh
