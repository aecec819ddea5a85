// Which host key types are asked for first: those that are recorded, as OpenSSH does, so that a
// host known by one key does not look unknown by another. Threads: pure.
#pragma once

#include <string>
#include <vector>

namespace mre::ssh {

// The algorithms in order: those of the recorded types, then the rest of what the library supports.
// DSA never.
std::vector<std::string> host_key_order(const std::vector<std::string> &recorded_types,
                                        const std::vector<std::string> &supported);

} // namespace mre::ssh
