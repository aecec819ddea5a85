// One conversation out of a file, held with the real server over pipes. The format is described in
// README.md.
//
// Threads: one runs the transport, one plays. Lifetime: a value per conversation.
#pragma once

#include <string>

namespace mre::mcp::testing {

// Empty when all went as written, else the file's line and what was expected and what came.
std::string play_transcript(const std::string &path);

} // namespace mre::mcp::testing
