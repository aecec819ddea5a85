// How many connections this process has descriptors for.
//
// Promise: everything else (SSH, spool, state) keeps its share, so a crowd of clients never starves
// it. Threads: any. The server has raised its soft limit before it loads plugins.
#pragma once

#include <cstddef>

namespace mre_http {

// At most `wanted`, at least one.
std::size_t room_for_connections(std::size_t wanted);

} // namespace mre_http
