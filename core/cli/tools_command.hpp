// `tools` and `tools explain NAME`.
//
// Threads: one.
#pragma once

#include "core/cli/output.hpp"
#include "core/tools/snapshot.hpp"

#include <string>

namespace mre::cli {

int run_tools(const tools::Snapshot &snapshot, const Output &output);
int run_tools_explain(const tools::Snapshot &snapshot, const std::string &name,
                      const Output &output);

} // namespace mre::cli
