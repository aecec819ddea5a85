// See login_session.hpp.
#include "core/ssh/login_session.hpp"

#include "core/guard/limits.hpp"

namespace mre::ssh {

namespace {
constexpr std::size_t kBufferBytes = 32U << 10U; // a login moves a few KiB
}

LoginSession::LoginSession(Session &session, const BoundedWait &bounds)
    : session_(session), bounds_(bounds), buffer_(kBufferBytes) {}

Result<long> LoginSession::drive(const std::function<long()> &step) {
  Wire &wire = session_.wire();
  while (true) {
    const bool was_over = wire.is_broken() && !wire.has_input();
    const long code = step();
    wire.flush();
    if (code != LIBSSH2_ERROR_EAGAIN) {
      return code;
    }
    if (wire.received_bytes() > limits::kLoginBytes) {
      return Error{Errc::unreachable, "the server sent more than a login needs",
                   "check that it is an SSH server"};
    }
    if (was_over) {
      return static_cast<long>(LIBSSH2_ERROR_SOCKET_DISCONNECT);
    }
    if (wire.has_input() || wire.is_broken()) {
      continue;
    }
    pollfd polled{wire.descriptor(), wire.events(), 0};
    switch (bounds_.wait(std::span(&polled, 1))) {
    case WaitEnd::stopped:
      return Error{Errc::cancelled, "the server is ending", {}};
    case WaitEnd::timed_out:
      return Error{Errc::timed_out, "the time for connecting ran out", {}};
    case WaitEnd::ready:
      wire.fill(buffer_);
    }
  }
}

} // namespace mre::ssh
