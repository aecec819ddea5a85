#include "core/cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace mre::cli {

SystemTerminal::SystemTerminal(int standard_input)
    : own_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)),
      interrupt_(::eventfd(0, EFD_CLOEXEC)) {
  if (own_) {
    input_ = own_.get();
    output_ = own_.get();
  } else if (::isatty(standard_input) == 1) {
    input_ = standard_input;
    output_ = STDERR_FILENO;
  }
}

void SystemTerminal::say(std::string_view text) {
  while (is_present() && !text.empty()) {
    const ssize_t written = ::write(output_, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::optional<std::string> SystemTerminal::read_line() {
  std::string line;
  while (is_present()) {
    std::array<pollfd, 2> descriptors{pollfd{input_, POLLIN, 0},
                                      pollfd{interrupt_.get(), POLLIN, 0}};
    if (::poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) {
      return std::nullopt;
    }
    if (descriptors[1].revents != 0) {
      return std::nullopt;
    }
    if (descriptors[0].revents == 0) {
      continue;
    }
    char c = 0;
    const ssize_t got = ::read(
        input_, &c, 1); // one line of a person: speed is no concern, and nothing is read beyond it
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return std::nullopt;
    }
    if (c == '\n') {
      return line;
    }
    line += c;
  }
  return std::nullopt;
}

void SystemTerminal::interrupt() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(interrupt_.get(), &one, sizeof one));
}

} // namespace mre::cli
