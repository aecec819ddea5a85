// One immutable moment of everything a client can see and call.
//
// Promise: a snapshot never changes; each list and each call takes one. Texts for tools/list are
// rendered once, schemas verbatim. Threads: any, shared as shared_ptr<const Snapshot>. Lifetime:
// holds the declarations, handlers and compiled schemas alive.
#pragma once

#include "core/tools/content.hpp"
#include "core/tools/declaration.hpp"
#include "core/tools/json_schema.hpp"
#include "core/tools/resolve.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::tools {

struct VisibleTool {
  const ToolDeclaration *declaration = nullptr;
  std::string owner;
  std::string list_json; // the tool object of tools/list: name, title, description, inputSchema,
                         // outputSchema, annotations
  std::shared_ptr<const JsonSchema> input;
  std::shared_ptr<const JsonSchema> output; // null when none is declared
  bool is_local_only = false; // for the machine's own user (Policy::keeps_local_paths)
};

// Who looks: the machine's own user, or a client somewhere on a network.
enum class Audience { local, network };
inline bool is_shown(const VisibleTool &tool, Audience audience) {
  return audience == Audience::local || !tool.is_local_only;
}

class Snapshot {
public:
  // Compiles every schema. An owner whose schema is broken is refused with the JSON pointer
  // (Resolution::refused).
  static std::shared_ptr<const Snapshot> create(std::uint64_t generation,
                                                std::vector<OwnerDeclaration> owners,
                                                std::vector<ContentDeclaration> contents,
                                                const Policy &policy);

  std::uint64_t generation() const { return generation_; }
  const std::vector<VisibleTool> &tools() const { return visible_; }
  const VisibleTool *find(std::string_view name) const;
  // A tool that exists and is hidden; null for a name nobody declared.
  const ResolvedTool *find_hidden(std::string_view name) const;
  const Resolution &resolution() const { return resolution_; }

  const std::vector<ResourceDeclaration> &resources() const { return resources_; }
  const std::vector<PromptDeclaration> &prompts() const { return prompts_; }
  const std::vector<CompletionDeclaration> &completions() const { return completions_; }
  const std::vector<CommandDeclaration> &commands() const { return commands_; }
  // By the plugin's name or id and the command's name; null when there is none.
  const CommandDeclaration *find_command(std::string_view plugin, std::string_view name) const;

  // What a client sees of tools, resources, prompts; differs exactly when list_changed is due.
  std::size_t tools_fingerprint() const { return tools_fingerprint_; }
  std::size_t resources_fingerprint() const { return resources_fingerprint_; }
  std::size_t prompts_fingerprint() const { return prompts_fingerprint_; }

private:
  Snapshot() = default;
  void take_contents(std::vector<ContentDeclaration> contents);

  std::uint64_t generation_ = 0;
  std::vector<OwnerDeclaration> owners_;
  Resolution resolution_; // points into owners_
  std::vector<VisibleTool> visible_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<ResourceDeclaration> resources_;
  std::vector<PromptDeclaration> prompts_;
  std::vector<CompletionDeclaration> completions_;
  std::vector<CommandDeclaration> commands_;
  std::size_t tools_fingerprint_ = 0, resources_fingerprint_ = 0, prompts_fingerprint_ = 0;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Holds the current snapshot and tells listeners what changed.
class Registry {
public:
  struct Change {
    bool tools = false, resources = false, prompts = false;
  };
  using Listener = std::function<void(const Change &)>;
  using ResourceListener = std::function<void(const std::string &uri)>;

  Registry();
  ~Registry();
  Registry(const Registry &) = delete;
  Registry &operator=(const Registry &) = delete;

  SnapshotPtr current() const;        // any thread, cheap
  void publish(SnapshotPtr snapshot); // listeners run on the caller's thread, only when something
                                      // visible changed
  void resource_updated(const std::string &uri);
  void announce(const Change &change); // listeners are told, whether something changed or not
  // The listener stays until the returned handle is destroyed, which waits for a running
  // notification.
  std::shared_ptr<void> listen(Listener listener, ResourceListener resource_listener = {});

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mre::tools
