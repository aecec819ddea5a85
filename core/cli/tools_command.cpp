#include "core/cli/tools_command.hpp"

#include "core/cli/exit_codes.hpp"
#include "core/tools/explain.hpp"

namespace mre::cli {

int run_tools(const tools::Snapshot &snapshot, const AskedPlugins &plugins, const Output &output) {
  output.out << visible_text(tools::render_table(snapshot.resolution()));
  bool is_good = true;
  for (const auto &status : plugins.statuses) {
    if (status.state == plugin_host::PluginState::refused) {
      output.err << visible_text("mcp-remote-exec: the plugin " + status.name + " (" + status.file +
                                 ") cannot start: " + status.reason + "\n");
      is_good = plugins.are_optional;
    }
  }
  return is_good ? kOk : kFailed;
}

int run_tools_explain(const tools::Snapshot &snapshot, const std::string &name,
                      const Output &output) {
  const Result<std::string> story = tools::explain_tool(snapshot.resolution(), name);
  if (!story) {
    print_error(output, story.error());
    return kUsage;
  }
  output.out << visible_text(*story);
  return kOk;
}

} // namespace mre::cli
