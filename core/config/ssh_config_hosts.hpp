// The aliases of ~/.ssh/config as hosts of ours, with the hosts their ProxyJump lines name.
//
// Promise: an alias that cannot be used as ssh would use it is still a host, with an obstacle that
// says why by name; only a file that ssh itself would refuse is a complaint. As with ssh, the agent
// is asked first and then the key files, and no user means the one who runs this server.
// Threads: pure over its arguments and the file system.
#pragma once

#include "core/config/host_book.hpp"

namespace mre::config {

// Adds to the book, its key files, complaints and warnings. A name that the book has already keeps
// the meaning it has.
void add_ssh_config_hosts(const HostBookInput &input, HostBookReading &reading);

} // namespace mre::config
