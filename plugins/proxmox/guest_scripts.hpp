// What runs inside a guest, for any POSIX shell and the tools of busybox.
//
// Promise: constants; everything that varies is an argument, never text of the script. Reports
// begin with a word of ours on a line of their own; see guest_report.hpp.
#pragma once

#include <string_view>

namespace proxmox {

// $1 the folder to be in (empty: HOME), $2 the command.
extern const std::string_view kRunScript;
extern const std::string_view kAgentRunScript; // for machines
// $1 marker; then $2 path and $3 temporary name of a write to tidy up after, $4 the number of a
// process, or nothing. Ends that process, every one whose environment holds the marker, and what
// they started, and says what it saw last.
extern const std::string_view kSweepScript;
// $1 path, $2 temporary name, $3 1 to overwrite, $4 1 to make parents, $5 mode or nothing,
// $6 auto, digest or size. Standard input: the bytes, then the trailer of guest_report.hpp.
extern const std::string_view kWriteScript;
// $1 path, $2 offset, $3 bytes or nothing for all, $4 largest size or nothing, $5 1 for a digest,
// $6 1 for the report alone.
extern const std::string_view kReadScript;

} // namespace proxmox
