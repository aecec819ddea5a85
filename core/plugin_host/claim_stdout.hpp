// Takes the protocol's descriptors away from everybody else, before the first plugin is loaded.
//
// Promise: afterwards descriptor 0 reads as empty and what is written to descriptor 1 waits to be
// taken, so that one stray printf (or read) of a plugin, or of a library it links, cannot touch the
// protocol; only the holders of the returned descriptors can. They are closed on exec. Threads:
// claim once, before there is a second thread; take from any.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"

#include <cstddef>
#include <string>

namespace mre::plugin_host {

Result<UniqueFd> claim_stdout();
Result<UniqueFd> claim_stdin();

// What was written to standard output since the last time, at most `most` bytes of it; the rest is
// dropped. Empty before claim_stdout().
std::string take_stray_output(std::size_t most);

} // namespace mre::plugin_host
