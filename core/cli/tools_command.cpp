#include "core/cli/tools_command.hpp"

#include "core/cli/exit_codes.hpp"
#include "core/tools/explain.hpp"

namespace mre::cli {

int run_tools(const tools::Snapshot &snapshot, const Output &output) {
  output.out << visible_text(tools::render_table(snapshot.resolution()));
  return kOk;
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
