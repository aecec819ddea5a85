// Guests that are managed for high availability: start and stop only ask their manager, which acts
// some seconds later.
//
// Threads: a call's own.
#pragma once

#include "node.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace proxmox {

// Does what pct or qm printed say so?
bool is_left_to_manager(std::string_view out);
// The state once it is `target` or the patience is over; looked at on the node, once a second, by
// `status` ("pct status 101").
std::string await_status(const Node &node, const NodeCommand &status, const std::string &target,
                         std::chrono::seconds patience);

} // namespace proxmox
