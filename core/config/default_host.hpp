// The host `default`, from HOST and the SSH_* variables, and what all hosts inherit.
//
// Threads: pure over its arguments and the file system.
#pragma once

#include "core/config/host_book.hpp"
#include "core/config/reader.hpp"

#include <string>
#include <vector>

namespace mre::config {

// Everything the host book will be read with, the default host included. Complaints go through the
// reader.
HostBookInput read_hosts_input(Reader &reader, const Sources &sources, const LoadRequest &request,
                               std::vector<std::string> &warnings);

} // namespace mre::config
