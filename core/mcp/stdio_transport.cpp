#include "core/mcp/stdio_transport.hpp"

#include "core/base/error.hpp"
#include "core/mcp/fd_outlet.hpp"
#include "core/mcp/framing.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

namespace mre::mcp {
namespace {

// A pipe holds 64 KiB by default: more is never there at once.
constexpr std::size_t kReadBytes = 64U << 10U;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

} // namespace

StdioTransport::StdioTransport(Server &server, const Log &log, StdioOptions options)
    : server_(server), log_(log), options_(std::move(options)),
      stopping_(std::make_shared<const UniqueFd>(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {}

void StdioTransport::stop() const {
  ::eventfd_write(stopping_->get(), 1);
}

bool StdioTransport::wait_readable(End &end) const {
  pollfd waits[2] = {{options_.input_fd, POLLIN, 0}, {stopping_->get(), POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0) {
    if (errno != EINTR) {
      end = End::input_failed;
      return false;
    }
  }
  end = End::stopped;
  return waits[1].revents == 0;
}

StdioTransport::End StdioTransport::run() {
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  const auto outlet =
      std::make_shared<FdOutlet>(options_.output_fd, log_, [gone, stopping = stopping_] {
        *gone = true;
        ::eventfd_write(stopping->get(), 1);
      });
  const auto peer = server_.connect({options_.principal, PeerKind::stream, outlet});
  LineSplitter lines(limits::kLineBytes, {[&](std::string_view line) {
                                            if (!is_blank(line)) {
                                              peer->receive(line);
                                            }
                                          },
                                          [&] { peer->receive_too_long(); }});
  std::vector<char> buffer(kReadBytes);
  End end = End::end_of_input;
  while (wait_readable(end)) {
    const ssize_t count = ::read(options_.input_fd, buffer.data(), buffer.size());
    if (count > 0) {
      lines.push({buffer.data(), static_cast<std::size_t>(count)});
    } else if (count == 0) {
      end = End::end_of_input;
      lines.finish();
      break;
    } else if (errno != EINTR && errno != EAGAIN) {
      log_.error("input_failed", {{"why", error_from_errno(errno, "cannot read").message}});
      end = End::input_failed;
      break;
    }
  }
  if (*gone) {
    end = End::client_gone;
  }
  peer->close();
  if (!peer->wait_until_idle(options_.end_budget)) {
    log_.warn("calls_left_behind", {{"count", std::to_string(peer->in_flight())}});
  }
  outlet->flush(options_.end_budget);
  return end;
}

} // namespace mre::mcp
