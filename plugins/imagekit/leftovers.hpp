// Leftovers: temporary files beside their targets on a host, of confirms whose server was killed.
//
// Promise: the path is in the transfer's record before the file is made, and leaves it when the
// file is in place or known to be gone; a file is only touched by who holds the claim on its
// transfer. Containers need none of it: what writes there clears up by itself when its link is
// gone. Threads: any. Lifetime: borrows the desk and the call.
#pragma once

#include "desk.hpp"

#include <string>
#include <vector>

namespace imagekit {

struct SweptFile {
  std::string host, path;
  std::string failure; // empty: it is gone
};

// Those of one transfer. What cannot be removed now stays in the record.
std::vector<SweptFile> remove_leftovers(Desk &desk, Claim &claim, const mre::Call &call);
// Those of all transfers that nobody works on.
std::vector<SweptFile> sweep_leftovers(Desk &desk, const mre::Call &call);

} // namespace imagekit
