// The person at the terminal, for questions that a tool asks.
//
// Promise: read_line() ends when a line came, the input ended, or interrupt() was called; it never
// hangs past that.
// Threads: interrupt() from any, the rest from one.
#pragma once

#include "core/base/unique_fd.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mre::cli {

class Terminal {
public:
  virtual ~Terminal() = default;
  virtual bool is_present() const = 0;
  virtual void say(std::string_view text) = 0;
  virtual std::optional<std::string>
  read_line() = 0; // without the newline; nothing: no answer will come
  virtual void interrupt() = 0;
};

// /dev/tty, or standard input and error when standard input is a terminal.
class SystemTerminal final : public Terminal {
public:
  // `standard_input` may have been moved away from descriptor 0.
  explicit SystemTerminal(int standard_input);

  bool is_present() const override { return input_ >= 0; }
  void say(std::string_view text) override;
  std::optional<std::string> read_line() override;
  void interrupt() override;

private:
  UniqueFd own_;       // /dev/tty
  UniqueFd interrupt_; // eventfd
  int input_ = -1;
  int output_ = -1;
};

} // namespace mre::cli
