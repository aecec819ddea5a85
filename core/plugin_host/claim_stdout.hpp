// Takes the protocol's descriptors away from everybody else, before the first plugin is loaded.
//
// Promise: afterwards descriptor 1 is stderr and descriptor 0 reads as empty, so that one stray
// printf (or read) of a plugin, or of a library it links, cannot touch the protocol; only the
// holders of the returned descriptors can. They are closed on exec. Threads: call once, before
// there is a second thread.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

namespace mre::plugin_host {

Result<UniqueFd> claim_stdout();
Result<UniqueFd> claim_stdin();

} // namespace mre::plugin_host
