#include "core/mcp/methods.hpp"

#include <algorithm>
#include <array>

namespace mre::mcp {
namespace {

// MCP, the schemas of 2025-06-18, 2025-11-25 (handshake) and 2026-07-28 (stateless).
constexpr std::array<Method, 20> kMethods = {{
    {"completion/complete", true, true, complete},
    {"initialize", true, false, initialize},
    {"logging/setLevel", true, false, set_log_level},
    {"ping", true, false, ping},
    {"prompts/get", true, true, get_prompt},
    {"prompts/list", true, true, list_prompts},
    {"resources/list", true, true, list_resources},
    {"resources/read", true, true, read_resource},
    {"resources/subscribe", true, false, subscribe_resource},
    {"resources/templates/list", true, true, list_resource_templates},
    {"resources/unsubscribe", true, false, unsubscribe_resource},
    {"server/discover", false, true, discover},
    {"subscriptions/listen", false, true, listen},
    {"tasks/cancel", true, true, cancel_task},
    {"tasks/get", true, true, get_task},
    {"tasks/list", true, false, list_tasks},
    {"tasks/result", true, false, wait_for_task},
    {"tasks/update", false, true, update_task},
    {"tools/call", true, true, call_tool},
    {"tools/list", true, true, list_tools},
}};

} // namespace

const Method *find_method(std::string_view name) {
  const auto *found = std::find_if(kMethods.begin(), kMethods.end(),
                                   [name](const Method &method) { return method.name == name; });
  return found == kMethods.end() ? nullptr : found;
}

void fail_invalid(Exchange &exchange, std::string message, Json data) {
  exchange.fail({code::kInvalidParams, std::move(message), std::move(data)});
}

} // namespace mre::mcp
