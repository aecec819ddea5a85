// Who holds a claim: this process, in a way that others can tell whether it still lives.
//
// Promise: says "gone" only of a process of this machine, this boot and this view of process ids.
// Threads: pure functions over /proc.
#pragma once

#include <string>

namespace imagekit {

// "<boot>/<process namespace>/<pid>/<start>/<random>": the last part tells two claims of one
// process apart.
std::string make_owner();
bool is_surely_gone(const std::string &owner);

} // namespace imagekit
