// Finding what is left of a call on the far side: every process of it carries a marker in its
// environment or command line, or at least in a limit (see command_line.hpp), also one that moved
// to a session of its own, emptied its environment or was adopted by init.
//
// Promise: nothing without the marker is touched; the verdict says what was seen last, not what was
// hoped for. Works where there is a Linux /proc. Threads: pure functions.
#pragma once

#include "core/ssh/exec.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

// Whether the server behind this identification string takes `export NAME=value; ` before a
// command: an OpenSSH or dropbear with a POSIX shell behind it. Appliances and Windows get the
// command alone.
bool takes_marker(std::string_view server_banner);

// Ends what carries one of the markers: TERM, after the grace KILL, and a look at what is left. One
// sweep for several calls: a login shell's start costs more than the search.
std::string sweep_command(const std::vector<std::string> &markers, Milliseconds grace);

// Reads what sweep_command printed about one of its markers; whatever a login shell said before
// that is passed over. Nothing: the far side has no /proc to look into.
std::optional<RemoteProcess> read_sweep(std::string_view output, std::string_view marker);

} // namespace mre::ssh
