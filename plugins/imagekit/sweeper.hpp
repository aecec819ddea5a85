// The sweeper: removes from the relay what failed and forgotten transfers left there.
//
// Promise: only objects whose name is of our form and whose own expiry passed ten minutes ago are
// touched, so installations that share a folder never meet each other's live transfers, and never
// one that a call of ours works on. Threads: any; two sweeps at once only do the work twice.
// Lifetime: borrows the desk.
#pragma once

#include "desk.hpp"

#include <string>
#include <vector>

namespace imagekit {

struct SweptObject {
  StoredObject object;
  std::int64_t expired_ago = 0; // seconds
  std::string failure;          // empty: it is gone
};

std::vector<SweptObject> sweep(Desk &desk, const Patience &patience);

// The command `mcp-remote-exec imagekit sweep`.
mre::Subcommand sweep_command(Desk &desk);

} // namespace imagekit
