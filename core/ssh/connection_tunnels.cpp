// Opening the ways to hosts behind this one. See connection.hpp.
#include "core/guard/limits.hpp"
#include "core/ssh/connection.hpp"
#include "core/ssh/place.hpp"

#include <algorithm>

namespace mre::ssh {

bool Connection::open_tunnel_next() {
  constexpr const char *kOurSide = "127.0.0.1"; // the originator, for the server's log only
  const TunnelTarget &target = opening_tunnel_->target();
  LIBSSH2_CHANNEL *handle =
      libssh2_channel_direct_tcpip_ex(session(), target.address.c_str(), target.port, kOurSide, 0);
  const int code = handle == nullptr ? libssh2_session_last_errno(session()) : 0;
  if (code == LIBSSH2_ERROR_EAGAIN) {
    return false;
  }
  opening_ = Opening::nothing;
  reactor_.cancel(opening_timer_);
  const auto tunnel = std::exchange(opening_tunnel_, nullptr);
  if (std::exchange(is_stuck_, false)) {
    wake(); // there is room again
  }
  if (handle == nullptr) {
    tunnel_failed(tunnel, code);
    return true;
  }
  has_tunnelled_ = true;
  if (tunnel->is_settled()) { // it was given up meanwhile
    closing_tunnels_.push_back(handle);
    std::erase(tunnels_, tunnel);
    tunnel->detach();
  } else {
    tunnel->open(handle);
  }
  return true;
}

void Connection::tunnel_failed(const std::shared_ptr<Tunnel> &tunnel, int code) {
  if (code != LIBSSH2_ERROR_CHANNEL_FAILURE) {
    fail(code); // the tunnel goes back to the pool with everything else
    return;
  }
  has_tunnelled_ = true; // the server answered
  const std::string text = session_->last_error();
  std::erase(tunnels_, tunnel);
  tunnel->detach();
  const TunnelTarget &target = tunnel->target();
  tunnel->fail({Errc::unreachable,
                "the jump host " + place(host_) + " did not connect to " + target.address + ":" +
                    std::to_string(target.port) + " (" + text + ")",
                "check the address as the jump host sees it, that the machine is up, and that the "
                "jump host's sshd_config allows it (AllowTcpForwarding, PermitOpen)"});
}

// The server answers only when its own connection is made or has failed, which may take minutes.
void Connection::watch_opening(const Tunnel &tunnel) {
  const Milliseconds patience = tunnel.target().patience;
  const auto first = std::min<Milliseconds>(limits::kStuckOpening, patience);
  opening_timer_ = reactor_.after(first, [this, rest = patience - first] {
    is_stuck_ = true;
    log_.debug("jump_waits", {{"host", host_.name}, {"for", opening_tunnel_->target().address}});
    hand_back_waiting();
    opening_timer_ = reactor_.after(rest, [this] {
      const TunnelTarget &target = opening_tunnel_->target();
      opening_tunnel_->fail({Errc::unreachable,
                             "the jump host " + place(host_) + " got no answer from " +
                                 target.address + ":" + std::to_string(target.port) + " in time",
                             "check the address as the jump host sees it and the firewalls "
                             "between the two"});
    });
  });
}

// Whatever would wait behind the stuck opening is placed elsewhere.
void Connection::hand_back_waiting() {
  for (std::size_t i = commands_.size(); i-- > 0;) {
    const auto command = commands_[i];
    if (command->wants_channel() && (spares_.empty() || !keeps_idle_sessions_)) {
      commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(i));
      command->detach();
      owner_.take_back(command);
    }
  }
  for (std::size_t i = sftp_.size(); i-- > 0;) {
    const auto channel = sftp_[i];
    if (channel->handle == nullptr) {
      sftp_.erase(sftp_.begin() + static_cast<std::ptrdiff_t>(i));
      channel->connection = nullptr;
      owner_.take_back(channel);
    }
  }
  for (std::size_t i = tunnels_.size(); i-- > 0;) {
    const auto tunnel = tunnels_[i];
    if (!tunnel->is_settled() && tunnel != opening_tunnel_) {
      tunnels_.erase(tunnels_.begin() + static_cast<std::ptrdiff_t>(i));
      tunnel->detach();
      owner_.take_back(tunnel);
    }
  }
}

} // namespace mre::ssh
