#include "core/tools/snapshot.hpp"

#include "core/tools/tool_object.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace mre::tools {
namespace {

struct Schemas {
  std::shared_ptr<const JsonSchema> input, output;
};

// Compiled once per declaration, before anyone knows whether the tool will be seen: a broken schema
// refuses its owner.
Result<Schemas> compile_schemas(const ToolDeclaration &tool) {
  Schemas schemas;
  auto input = JsonSchema::compile(tool.input_schema);
  if (!input) {
    return input.error().within("tool " + tool.name + ": input schema");
  }
  schemas.input = std::move(input).value();
  const std::string *type = find_string(schemas.input->document(), "type");
  if (type == nullptr || *type != "object") {
    return Error{
        Errc::bad_argument, "tool " + tool.name + ": input schema: /type: must be \"object\"", {}};
  }
  if (!tool.output_schema.empty()) {
    auto output = JsonSchema::compile(tool.output_schema);
    if (!output) {
      return output.error().within("tool " + tool.name + ": output schema");
    }
    schemas.output = std::move(output).value();
  }
  return schemas;
}

bool is_refused(const std::vector<RefusedOwner> &refused, std::string_view owner) {
  return std::any_of(refused.begin(), refused.end(),
                     [&](const RefusedOwner &entry) { return entry.owner == owner; });
}

// Names of resources and prompts: no suppression and no replacing, who comes later goes.
std::vector<RefusedOwner> find_content_clashes(const std::vector<ContentDeclaration> &contents,
                                               const std::vector<RefusedOwner> &refused) {
  std::vector<RefusedOwner> clashes;
  std::map<std::string, std::string> taken; // kind and name -> owner
  for (const ContentDeclaration &content : contents) {
    if (is_refused(refused, content.owner)) {
      continue;
    }
    std::vector<std::string> names;
    for (const ResourceDeclaration &resource : content.resources) {
      names.push_back("resource " + resource.uri);
    }
    for (const PromptDeclaration &prompt : content.prompts) {
      names.push_back("prompt " + prompt.name);
    }
    const auto clash = std::find_if(names.begin(), names.end(), [&](const std::string &name) {
      const auto known = taken.find(name);
      return known != taken.end() && known->second != content.owner;
    });
    if (clash != names.end()) {
      clashes.push_back(
          {content.owner, "the " + *clash + " is already declared by " + taken[*clash]});
      continue;
    }
    for (const std::string &name : names) {
      taken.emplace(name, content.owner);
    }
  }
  return clashes;
}

std::string describe(const ResourceDeclaration &resource) {
  return dump_json({resource.uri, resource.is_template, resource.name, resource.title,
                    resource.description, resource.mime_type});
}
std::string describe(const PromptDeclaration &prompt) {
  return dump_json({prompt.name, prompt.title, prompt.description, prompt.arguments});
}

// Tells two lists of this process apart, nothing more: a cryptographic digest would load OpenSSL's
// tables into a server that is only being started (1.5 MiB, measured).
std::size_t fingerprint_of(const std::string &text) {
  return std::hash<std::string>()(text);
}

template <class T>
std::size_t fingerprint(const std::vector<T> &items) {
  std::string text;
  for (const T &item : items) {
    text += describe(item) + "\n";
  }
  return fingerprint_of(text);
}

} // namespace

std::shared_ptr<const Snapshot> Snapshot::create(std::uint64_t generation,
                                                 std::vector<OwnerDeclaration> owners,
                                                 std::vector<ContentDeclaration> contents,
                                                 const Policy &policy) {
  const std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->generation_ = generation;
  snapshot->owners_ = std::move(owners);

  std::vector<RefusedOwner> refused;
  std::map<const ToolDeclaration *, Schemas> schemas;
  for (const OwnerDeclaration &owner : snapshot->owners_) {
    for (const ToolDeclaration &tool : owner.tools) {
      auto compiled = compile_schemas(tool);
      if (!compiled) {
        refused.push_back({owner.owner, compiled.error().message});
        break;
      }
      schemas.emplace(&tool, std::move(compiled).value());
    }
  }
  // Each round refuses at least one more owner, so this ends.
  while (true) {
    snapshot->resolution_ = resolve(snapshot->owners_, policy, refused);
    const auto clashes = find_content_clashes(contents, snapshot->resolution_.refused);
    if (clashes.empty()) {
      break;
    }
    refused.insert(refused.end(), clashes.begin(), clashes.end());
  }

  std::string all_tools;
  for (const ResolvedTool &tool : snapshot->resolution_.tools) {
    if (tool.state == Visibility::visible) {
      const Schemas &compiled = schemas[tool.declaration];
      snapshot->by_name_.emplace(tool.name, snapshot->visible_.size());
      snapshot->visible_.push_back({tool.declaration, tool.owner,
                                    render_tool_object(*tool.declaration), compiled.input,
                                    compiled.output, tool.is_local_only});
      all_tools += snapshot->visible_.back().list_json + (tool.is_local_only ? " local\n" : "\n");
    }
  }
  snapshot->take_contents(std::move(contents));
  snapshot->tools_fingerprint_ = fingerprint_of(all_tools);
  snapshot->resources_fingerprint_ = fingerprint(snapshot->resources_);
  snapshot->prompts_fingerprint_ = fingerprint(snapshot->prompts_);
  return snapshot;
}

void Snapshot::take_contents(std::vector<ContentDeclaration> contents) {
  for (ContentDeclaration &content : contents) {
    if (is_refused(resolution_.refused, content.owner)) {
      continue;
    }
    std::move(content.resources.begin(), content.resources.end(), std::back_inserter(resources_));
    std::move(content.prompts.begin(), content.prompts.end(), std::back_inserter(prompts_));
    std::move(content.completions.begin(), content.completions.end(),
              std::back_inserter(completions_));
    std::move(content.commands.begin(), content.commands.end(), std::back_inserter(commands_));
  }
}

const CommandDeclaration *Snapshot::find_command(std::string_view plugin,
                                                 std::string_view name) const {
  for (const CommandDeclaration &command : commands_) {
    if (command.name == name && (command.plugin == plugin || command.owner == plugin)) {
      return &command;
    }
  }
  return nullptr;
}

const VisibleTool *Snapshot::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &visible_[found->second];
}

const ResolvedTool *Snapshot::find_hidden(std::string_view name) const {
  const ResolvedTool *found = nullptr;
  for (const ResolvedTool &tool : resolution_.tools) {
    if (tool.name != name || tool.state == Visibility::visible) {
      continue;
    }
    // A tool of an owner that takes part tells more than one of an owner that was refused.
    if (found == nullptr || found->state == Visibility::refused) {
      found = &tool;
    }
  }
  return found;
}

} // namespace mre::tools
