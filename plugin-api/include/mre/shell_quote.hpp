// mre/shell_quote.hpp - the one function that puts words on a POSIX shell's command line.  C++17,
// header-only.
//
// Promise: a POSIX shell reads shell_quote(word) as exactly one argument with exactly those bytes,
// and so do zsh and fish, and the C shells if it has no line break. NUL cannot be an argument
// (execve ends there): callers check is_quotable() first. The core and every plugin use this and
// nothing else. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {

inline bool is_quotable(std::string_view word) {
  return word.find('\0') == std::string_view::npos;
}

// Words of safe characters stay as they are, so that logs and process lists are readable.
inline std::string shell_quote(std::string_view word) {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+:,./_-";
  // A leading "-" or "=" is no matter of quoting, but "~" and an empty word are.
  if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos) {
    return std::string(word);
  }
  std::string out = "'";
  for (const char c : word) {
    // fish knows escapes within the quotes, and a C shell its history.
    if (c == '\'' || c == '\\' || c == '!') {
      out += std::string("'\\") + c + '\'';
    } else {
      out += c;
    }
  }
  out += '\'';
  return out;
}

// argv as one command line: each word quoted, one space between.
template <class Words>
std::string shell_join(const Words &words) {
  std::string line;
  for (const auto &word : words) {
    if (!line.empty()) {
      line += ' ';
    }
    line += shell_quote(word);
  }
  return line;
}

} // namespace mre
#pragma GCC visibility pop
