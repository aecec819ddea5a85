// The story of a tool in words: why a client sees it or not. For `tools`, `tools explain`, and the
// error of a hidden tool.
//
// Threads: pure functions.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/tools/resolve.hpp"

#include <string>
#include <string_view>

namespace mre::tools {

// Every step that led to it, for each declaration of the name; not_found with the nearest name.
Result<std::string> explain_tool(const Resolution &resolution, std::string_view name);

// One line per tool: name, owner, visible or hidden and why. Then refused owners and warnings.
std::string render_table(const Resolution &resolution);

// "ssh_upload_file is suppressed by imagekit: transfers go through the media store; use
// imagekit_request_upload"
std::string explain_hidden(const ResolvedTool &tool);
// {tool, state, by, use}; use is null when there is nothing to recommend.
Json describe_hidden(const ResolvedTool &tool);

} // namespace mre::tools
