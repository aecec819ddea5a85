// See command_line.hpp.
#include "core/ssh/command_line.hpp"

#include "core/base/digest.hpp"

#include <mre/shell_quote.hpp>

namespace mre::ssh {

namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view kDigits = "0123456789";

bool is_variable_name(std::string_view name) {
  if (name.empty() || kLetters.find(name.front()) == std::string_view::npos) {
    return false;
  }
  for (const char c : name) {
    if (kLetters.find(c) == std::string_view::npos && kDigits.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

Error cannot_hold_nul(std::string_view what) {
  return {Errc::bad_argument, std::string(what) + " holds a NUL byte, which no shell can take",
          "send such bytes through stdin"};
}

// "~" is the far side's home, as a person means it; a leading dash must not read as an option.
std::string directory_word(const std::string &directory) {
  if (directory == "~") {
    return "\"$HOME\"";
  }
  if (directory.starts_with("~/")) {
    return "\"$HOME\"/" + shell_quote(directory.substr(2));
  }
  return shell_quote(directory.starts_with('-') ? "./" + directory : directory);
}

} // namespace

std::uint64_t marker_limit(std::string_view marker) {
  constexpr std::uint64_t least = 1ULL << 51U; // KiB: beyond every address space
  constexpr std::size_t hex_digits = 12;       // 48 bits of the digest
  return least + std::stoull(sha256_hex(marker).substr(0, hex_digits), nullptr, 16);
}

Result<std::string> command_line(const ExecRequest &request, std::string_view marker) {
  if (!is_quotable(request.command)) {
    return cannot_hold_nul("the command");
  }
  if (!is_quotable(request.working_directory)) {
    return cannot_hold_nul("working_directory");
  }
  std::string line;
  if (request.merge_streams) {
    line += "exec 2>&1; ";
  }
  if (!marker.empty()) {
    line += "export " + std::string(kMarkerName) + "=" + shell_quote(marker) + "; ";
    // A shell that cannot do this says so to nobody, and goes on.
    line += "ulimit -S -m " + std::to_string(marker_limit(marker)) + " 2>/dev/null; ";
  }
  for (const auto &[name, value] : request.environment) {
    if (!is_variable_name(name)) {
      return Error{Errc::bad_argument, "environment: '" + name + "' is not a variable name",
                   "use letters, digits and underscores, not beginning with a digit"};
    }
    if (!is_quotable(value)) {
      return cannot_hold_nul("environment: the value of " + name);
    }
    line += name + "=" + shell_quote(value) + "; export " + name + "; ";
  }
  if (!request.working_directory.empty()) {
    // CDPATH would lead a relative name elsewhere, and print it.
    line += "CDPATH= cd " + directory_word(request.working_directory) + " || exit; ";
  }
  return line + request.command;
}

} // namespace mre::ssh
