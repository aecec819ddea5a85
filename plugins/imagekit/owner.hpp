// Who holds a claim: this process, in a way that others can tell whether it still lives.
//
// Promise: says "alive" and "gone" only of a process of this machine, this boot and this view of
// process ids.
// Threads: pure functions over /proc.
#pragma once

#include <string>

namespace imagekit {

// "<boot>/<process namespace>/<pid>/<start>/<random>": the last part tells two claims of one
// process apart.
std::string make_owner();
enum class OwnerIs { alive, gone, unknown };
OwnerIs state_of_owner(const std::string &owner);

} // namespace imagekit
