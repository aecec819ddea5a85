// A terminal whose person has the answers ready.
//
// Threads: one, but for interrupt(). Lifetime: a test case.
#pragma once

#include "core/cli/terminal.hpp"

#include <deque>
#include <string>
#include <utility>

namespace mre::test {

class FakeTerminal final : public cli::Terminal {
public:
  explicit FakeTerminal(std::deque<std::string> lines, bool is_there = true)
      : answers(std::move(lines)), is_there_(is_there) {}

  std::deque<std::string> answers; // when they are used up, the input has ended
  std::string said;

  bool is_present() const override { return is_there_; }
  void say(std::string_view text) override { said += text; }
  std::optional<std::string> read_line() override {
    if (answers.empty()) {
      return std::nullopt;
    }
    std::string line = answers.front();
    answers.pop_front();
    return line;
  }
  void interrupt() override {}

private:
  bool is_there_;
};

} // namespace mre::test
