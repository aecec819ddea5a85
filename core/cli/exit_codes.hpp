// Exit codes of the command line; they are part of what users rely on.
#pragma once

namespace mre::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;  // the tool or check failed
inline constexpr int kUsage = 2;   // usage or configuration; a message said what is wrong
inline constexpr int kDefect = 70; // ours; sysexits' EX_SOFTWARE

} // namespace mre::cli
