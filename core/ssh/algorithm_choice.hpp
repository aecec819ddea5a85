// The algorithms a host's configuration asks for, among those the library has.
//
// Promise: lists mean what they mean to ssh (`+`, `-`, `^` and wildcards, relative to what is
// offered without them); names the library lacks are left out, and a list of which nothing is left
// is an error that shows what there is. Strict key exchange stays on whatever is asked for.
// Threads: a login thread; the choice itself is pure.
#pragma once

#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <libssh2.h>

#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

// Empty when nothing is left. `usual`: what is offered without a wish.
std::vector<std::string> choose_algorithms(std::string_view wish,
                                           const std::vector<std::string> &supported,
                                           const std::vector<std::string> &usual);

// What the library has of one kind (LIBSSH2_METHOD_…), in its order.
std::vector<std::string> supported_algorithms(LIBSSH2_SESSION *session, int kind);

// Without a wish the library's own lists stay. Host keys of recorded types come first, unless a
// whole list is asked for.
Result<void> prefer_algorithms(LIBSSH2_SESSION *session, const config::HostConfig &host,
                               const std::vector<std::string> &recorded_types);

} // namespace mre::ssh
