// Where a command writes, and how text of others is made fit for a terminal.
//
// Threads: one.
#pragma once

#include "core/base/error.hpp"

#include <ostream>
#include <string>
#include <string_view>

namespace mre::cli {

struct Output {
  std::ostream &out; // results
  std::ostream &err; // everything else
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

// Control characters but newline and tab as \u00XX: remote text must not drive a person's terminal.
std::string visible_text(std::string_view text);

// "mcp-remote-exec: <message>" and the hint on a line of its own.
void print_error(const Output &output, const Error &error);

} // namespace mre::cli
