// The text that is sent to run a command: where it runs and what is in its environment, then the
// command as it was given.
//
// Promise: the command's text stays byte for byte as it was and comes last, so no comment,
// backslash or here-document in it can swallow anything of ours; it begins on the first line, so
// line numbers in the shell's messages stay true unless a value itself has line breaks. A directory
// that cannot be entered ends the command with the shell's own message and a nonzero status. What
// goes before is read alike by POSIX shells, zsh, fish and the C shells (which refuse a value with
// a line break); the command itself is the login shell's matter. With nothing to add the text is
// the command alone. Threads: pure functions.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/exec.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mre::ssh {

// The variable by which processes of a call are found again; see sweep.hpp.
inline constexpr std::string_view kMarkerName = "MRE_CALL";
// The same as a soft limit of resident memory in KiB, which Linux has not looked at for twenty
// years and every process inherits: it stays when the environment is emptied (`env -i`, `sudo`).
// More than any machine has, and with 1024 times it still a signed number of 64 bits.
std::uint64_t marker_limit(std::string_view marker);

// bad_argument when a name, a value or the command cannot be said to a POSIX shell. An empty marker
// is left out.
Result<std::string> command_line(const ExecRequest &request, std::string_view marker);

} // namespace mre::ssh
