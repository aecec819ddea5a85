#include "core/tools/explain.hpp"

#include "core/base/nearest.hpp"

#include <algorithm>
#include <vector>

namespace mre::tools {
namespace {

std::string pad(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()), ' ');
  return out;
}

std::string render_step(const Step &step) {
  constexpr std::size_t kRuleWidth = 12;
  constexpr std::size_t kByWidth = 20;
  std::string line =
      "  " +
      pad(step.rule == "not suppressed" ? "suppressed" : std::string_view(step.rule), kRuleWidth);
  if (line.back() != ' ') { // "switched off" fills its column
    line += ' ';
  }
  std::string detail;
  if (step.rule == "not suppressed") {
    detail = "no";
  } else if (step.rule == "suppressed") {
    detail = "\"" + step.detail + "\"";
  } else {
    detail = step.detail;
  }
  if (step.by.empty() || detail.empty()) {
    return line + step.by + detail + "\n";
  }
  return line + pad(step.by, kByWidth) + " " + detail + "\n";
}

// Worth a word only where there may be such clients; then a step of the story says so.
bool is_hidden_from_network(const ResolvedTool &tool) {
  return tool.is_local_only && std::any_of(tool.steps.begin(), tool.steps.end(),
                                           [](const Step &step) { return step.rule == "network"; });
}

std::string render_verdict(const ResolvedTool &tool) {
  if (tool.state == Visibility::visible) {
    return is_hidden_from_network(tool) ? "  => visible, but not to clients on a network\n"
                                        : "  => visible\n";
  }
  return "  => hidden (" + std::string(to_word(tool.state)) + ")" +
         (tool.instead.empty() ? "" : "; use " + tool.instead) + "\n";
}

} // namespace

Result<std::string> explain_tool(const Resolution &resolution, std::string_view name) {
  std::string text;
  std::vector<std::string> names;
  for (const ResolvedTool &tool : resolution.tools) {
    names.push_back(tool.name);
    if (tool.name != name) {
      continue;
    }
    text += tool.name + " (" + tool.owner + ")\n";
    for (const Step &step : tool.steps) {
      text += render_step(step);
    }
    text += render_verdict(tool);
  }
  if (!text.empty()) {
    return text;
  }
  const std::string near = nearest_name(name, names);
  return Error{Errc::not_found, "no tool is called " + std::string(name),
               near.empty() ? "`mcp-remote-exec tools` lists them" : "the nearest is " + near};
}

std::string render_table(const Resolution &resolution) {
  std::size_t name_width = 0;
  std::size_t owner_width = 0;
  const auto is_shown = [](const ResolvedTool &tool) {
    return tool.state != Visibility::switched_off; // whoever asks for one by name hears of it
  };
  for (const ResolvedTool &tool : resolution.tools) {
    if (!is_shown(tool)) {
      continue;
    }
    name_width = std::max(name_width, tool.name.size());
    owner_width = std::max(owner_width, tool.owner.size());
  }
  std::string text;
  for (const ResolvedTool &tool : resolution.tools) {
    if (!is_shown(tool)) {
      continue;
    }
    text += pad(tool.name, name_width) + "  " + pad(tool.owner, owner_width) + "  ";
    if (tool.state == Visibility::visible) {
      text += is_hidden_from_network(tool)
                  ? "visible, but not to clients on a network (TRANSFER_ROOT is not set)\n"
                  : "visible\n";
    } else {
      text += "hidden: " + std::string(to_word(tool.state)) + " by " + tool.by + ": " +
              tool.reason + (tool.instead.empty() ? "" : "; use " + tool.instead) + "\n";
    }
  }
  for (const RefusedOwner &refused : resolution.refused) {
    text += "refused: " + refused.owner + ": " + refused.reason + "\n";
  }
  for (const std::string &warning : resolution.warnings) {
    text += "warning: " + warning + "\n";
  }
  return text;
}

std::string explain_hidden(const ResolvedTool &tool) {
  std::string text = tool.name;
  switch (tool.state) {
  case Visibility::visible:
    return text + " is visible";
  case Visibility::suppressed:
    text += " is suppressed by " + tool.by;
    break;
  case Visibility::replaced:
    text += " of " + tool.owner + " is replaced by " + tool.by;
    break;
  case Visibility::refused:
    text += " belongs to " + tool.owner + ", which was refused";
    break;
  case Visibility::denied:
  case Visibility::read_only:
  case Visibility::switched_off:
    text += " is switched off by " + tool.by;
    break;
  }
  if (!tool.reason.empty()) {
    text += ": " + tool.reason;
  }
  return tool.instead.empty() ? text : text + "; use " + tool.instead;
}

Json describe_hidden(const ResolvedTool &tool) {
  return {{"tool", tool.name},
          {"state", to_word(tool.state)},
          {"by", tool.by},
          {"use", tool.instead.empty() ? Json() : Json(tool.instead)}};
}

} // namespace mre::tools
