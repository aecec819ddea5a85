// See command_line.hpp.
#include "core/ssh/command_line.hpp"

#include "core/base/digest.hpp"
#include "core/guard/limits.hpp"

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

// The login shell reads the line, whichever it is. A C shell has no export and would go on with the
// command after a cd that failed. It takes this test, and sshd sets SHELL: a variable that may be
// unset would end the shell of a person with `set -u` in a start-up file.
constexpr std::string_view kIsCShell = "[ \"$SHELL\" = /bin/tcsh -o \"$SHELL\" = /bin/csh -o "
                                       "\"$SHELL\" = /usr/bin/tcsh -o \"$SHELL\" = /usr/bin/csh ]";

// Every value stands there twice then: a line that gets long by it is written for the other shells
// alone, for all of it has to fit kCommandLineBytes.
enum class Spelling { every_shell, no_c_shell };
constexpr std::size_t kLongLine = 32768;

std::string exported(std::string_view name, std::string_view value, Spelling spelling) {
  const std::string quoted = shell_quote(value);
  const std::string line = "export " + std::string(name) + '=' + quoted + "; ";
  return spelling == Spelling::no_c_shell ? line
                                          : std::string(kIsCShell) + " && setenv " +
                                                std::string(name) + ' ' + quoted + " || " + line;
}

// "~" is the far side's home, as a person means it. Any other name that is not whole begins with
// "./": a leading dash must not read as an option, and CDPATH would lead elsewhere, and print it.
std::string directory_word(const std::string &directory) {
  if (directory == "~") {
    return "\"$HOME\"";
  }
  if (directory.starts_with("~/")) {
    return "\"$HOME\"/" + shell_quote(directory.substr(2));
  }
  return shell_quote(directory.starts_with('/') ? directory : "./" + directory);
}

std::string entered(const std::string &directory) {
  const std::string word = directory_word(directory);
  return std::string(kIsCShell) + " && test ! -x " + word +
         "/. && exec sh -c 'cd \"$0\"; exit 1' " + word + "; cd " + word + " || exit; ";
}

std::string prelude(const ExecRequest &request, std::string_view marker, Spelling spelling) {
  std::string line;
  if (request.merge_streams) {
    line += "exec 2>&1; ";
  }
  if (!marker.empty()) {
    line += exported(kMarkerName, marker, spelling);
    // A shell that cannot do this says so to nobody, and goes on.
    line += (spelling == Spelling::every_shell ? std::string(kIsCShell) + " || " : std::string()) +
            "ulimit -S -m " + std::to_string(marker_limit(marker)) + " 2>/dev/null; ";
  }
  for (const auto &[name, value] : request.environment) {
    line += exported(name, value, spelling);
  }
  return request.working_directory.empty() ? line : line + entered(request.working_directory);
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
  for (const auto &[name, value] : request.environment) {
    if (!is_variable_name(name)) {
      return Error{Errc::bad_argument, "environment: '" + name + "' is not a variable name",
                   "use letters, digits and underscores, not beginning with a digit"};
    }
    if (!is_quotable(value)) {
      return cannot_hold_nul("environment: the value of " + name);
    }
  }
  std::string line = prelude(request, marker, Spelling::every_shell);
  if (line.size() > kLongLine) {
    line = prelude(request, marker, Spelling::no_c_shell);
  }
  line += request.command;
  if (line.size() > limits::kCommandLineBytes) {
    return Error{Errc::too_large,
                 "the command with its environment and directory has " +
                     std::to_string(line.size()) + " bytes, and a shell takes " +
                     std::to_string(limits::kCommandLineBytes) + " as one line",
                 "send long values through stdin, or put them into a file first"};
  }
  return line;
}

} // namespace mre::ssh
