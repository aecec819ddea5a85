// See tunnel.hpp.
#include "core/ssh/tunnel.hpp"

#include "core/guard/limits.hpp"
#include "core/ssh/connection.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

namespace mre::ssh {

// What the inner session's wire holds.
class Tunnel::Inner final : public Link {
public:
  explicit Inner(std::shared_ptr<Tunnel> tunnel) : tunnel_(std::move(tunnel)) {}
  ~Inner() override {
    tunnel_->state_.with([](State &state) {
      state.inner_is_gone = true;
      state.to_inner = {};
    });
    tunnel_->poke();
  }

  int descriptor() const override { return tunnel_->wake_.get(); }
  // The descriptor is always writable: it says by being readable that there is room again.
  short events(bool /*wants_write*/) const override { return POLLIN; }

  ssize_t receive(std::span<char> into) override {
    eventfd_t ignored = 0;
    ::eventfd_read(tunnel_->wake_.get(), &ignored); // first: what comes later is signalled anew
    bool frees_room = false;
    bool is_more = false;
    const ssize_t count = tunnel_->state_.with([&](State &state) -> ssize_t {
      if (state.to_inner.empty()) {
        return state.outer_has_ended ? 0 : -EAGAIN;
      }
      const std::size_t taken = std::min(into.size(), state.to_inner.size());
      state.to_inner.copy(into.data(), taken);
      state.to_inner.erase(0, taken);
      frees_room = std::exchange(state.outer_waits_for_room, false);
      is_more = !state.to_inner.empty() || state.outer_has_ended;
      return static_cast<ssize_t>(taken);
    });
    if (is_more) {
      tunnel_->signal();
    }
    if (frees_room) {
      tunnel_->poke();
    }
    return count;
  }

  ssize_t send(std::string_view bytes) override {
    const ssize_t count = tunnel_->state_.with([&](State &state) -> ssize_t {
      if (state.outer_has_ended) {
        return -EPIPE;
      }
      const std::size_t room =
          limits::kTunnelBytes - std::min(limits::kTunnelBytes, state.to_outer.size());
      if (room == 0) {
        state.inner_waits_for_room = true;
        return -EAGAIN;
      }
      const std::size_t taken = std::min(room, bytes.size());
      state.to_outer += bytes.substr(0, taken);
      return static_cast<ssize_t>(taken);
    });
    if (count > 0) {
      tunnel_->poke();
    }
    return count;
  }

  std::string end_reason() const override {
    return tunnel_->state_.with([](const State &state) { return state.reason; });
  }

private:
  const std::shared_ptr<Tunnel> tunnel_;
};

Tunnel::Tunnel(TunnelTarget target, const std::shared_ptr<Reactor> &reactor, Opened opened)
    : target_(std::move(target)), reactor_(reactor), opened_(std::move(opened)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

std::unique_ptr<Link> Tunnel::link() {
  return std::make_unique<Inner>(shared_from_this());
}

void Tunnel::signal() {
  ::eventfd_write(wake_.get(), 1);
}

void Tunnel::poke() {
  const bool is_first =
      state_.with([](State &state) { return !std::exchange(state.is_poked, true); });
  const auto reactor = is_first ? reactor_.lock() : nullptr;
  if (reactor != nullptr) {
    reactor->post([self = shared_from_this()] {
      self->state_.with([](State &state) { state.is_poked = false; });
      if (self->connection_ != nullptr) {
        self->connection_->wake();
      }
    });
  }
}

void Tunnel::settle(Result<void> result) {
  if (!std::exchange(is_settled_, true)) {
    std::exchange(opened_, nullptr)(std::move(result));
  }
}

void Tunnel::open(LIBSSH2_CHANNEL *handle) {
  handle_ = handle;
  settle({});
}

void Tunnel::fail(Error error) {
  settle(std::move(error));
}

bool Tunnel::read_from(std::span<char> buffer) {
  const std::size_t room = state_.with([](State &state) {
    const std::size_t held = std::min(limits::kTunnelBytes, state.to_inner.size());
    state.outer_waits_for_room = held == limits::kTunnelBytes;
    return limits::kTunnelBytes - held;
  });
  if (room == 0) {
    return false;
  }
  const ssize_t count =
      libssh2_channel_read_ex(handle_, 0, buffer.data(), std::min(room, buffer.size()));
  if (count > 0) {
    state_.with([&](State &state) {
      if (!state.inner_is_gone) {
        state.to_inner.append(buffer.data(), static_cast<std::size_t>(count));
      }
    });
    signal();
    return true;
  }
  if (libssh2_channel_eof(handle_) == 1) {
    end({}); // the host behind closed the connection
    return true;
  }
  return false;
}

bool Tunnel::write_to() {
  if (sent_ == sending_.size()) {
    sending_.clear();
    sent_ = 0;
    const bool frees_room = state_.with([&](State &state) {
      sending_.swap(state.to_outer);
      return !sending_.empty() && std::exchange(state.inner_waits_for_room, false);
    });
    if (frees_room) {
      signal();
    }
  }
  bool moved = false;
  while (sent_ < sending_.size()) {
    const ssize_t count =
        libssh2_channel_write_ex(handle_, 0, sending_.data() + sent_, sending_.size() - sent_);
    if (count <= 0) {
      break; // the window is full, or the channel is closed, which the reading side notices
    }
    sent_ += static_cast<std::size_t>(count);
    moved = true;
  }
  return moved;
}

bool Tunnel::step(std::span<char> buffer, bool may_write) {
  if (handle_ == nullptr || is_over()) {
    return false;
  }
  const bool wrote = may_write && write_to();
  return read_from(buffer) || wrote;
}

void Tunnel::end(const std::string &reason) {
  state_.with([&](State &state) {
    if (!std::exchange(state.outer_has_ended, true)) {
      state.reason = reason;
    }
  });
  signal();
}

bool Tunnel::is_over() const {
  return state_.with(
      [](const State &state) { return state.inner_is_gone || state.outer_has_ended; });
}

} // namespace mre::ssh
