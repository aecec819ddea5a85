// A plugin's callbacks as the core's handlers.
//
// Promise: a handler waits its turn at the plugin's gate, passes one call through the boundary and
// settles it whatever comes back. Threads: any; they block. Lifetime: handlers hold their plugin
// alive; after its end they answer `unavailable`.
#pragma once

#include "core/tools/content.hpp"
#include "core/tools/declaration.hpp"

#include <mre/ext/cli.h>
#include <mre/ext/content.h>
#include <mre/plugin.h>

#include <memory>
#include <string>

namespace mre::plugin_host {

class Instance;

std::shared_ptr<tools::ToolHandler> make_tool_handler(Instance &plugin, const mre_tool &raw,
                                                      const tools::ToolDeclaration &tool);
std::shared_ptr<tools::ResourceHandler>
make_resource_handler(Instance &plugin, const mre_resource &raw, std::string uri);
std::shared_ptr<tools::PromptHandler> make_prompt_handler(Instance &plugin, const mre_prompt &raw,
                                                          std::string name);
std::shared_ptr<tools::CommandHandler>
make_command_handler(Instance &plugin, const mre_command &raw, std::string name);
std::shared_ptr<tools::CompletionHandler> make_completion_handler(Instance &plugin,
                                                                  const mre_completion &raw);

} // namespace mre::plugin_host
