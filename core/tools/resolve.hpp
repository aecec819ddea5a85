// Which tools exist for a client: a pure function of what the owners declared and what the operator
// decided.
//
// Promise: hidden if any accepted owner suppresses it, unless the operator allows it; the order of
// owners changes the order of the list, never its members (except where two owners claim one name
// or suppress each other: the later one is refused). Deny always wins; an owner that is refused
// leaves the surface it would have had if never listed. Equal input, equal output. Threads: pure.
// Includes nothing from mcp, ssh or plugin_host.
#pragma once

#include "core/tools/declaration.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mre::tools {

// An owner that exists and is switched off, as far as that is known without loading it.
struct AbsentOwner {
  std::string owner;
  std::string remedy;             // how it is switched on: "ENABLE_SFTP=true"
  std::vector<std::string> tools; // the names it would have brought
};

struct Policy {
  std::vector<std::string> deny; // "name", "owner:name", "owner:*"
  std::vector<std::string> allow;
  bool read_only = false;
  // Tools that name files of this machine are for its own user: clients elsewhere do not see them.
  bool keeps_local_paths = false;
  bool serves_network = false;     // a transport is on, so that there may be such clients
  std::vector<AbsentOwner> absent; // selectors naming them are no typo
};

// One line of the story that `tools explain` tells.
struct Step {
  std::string rule; // "declared", "suppressed", "not suppressed", "allowed", "denied", "read_only",
                    // "replaced", "refused", "policy", "network"
  std::string by;   // owner and version, or the policy entry
  std::string detail; // reason
};

// switched_off: its owner is not there; known by name only, and listed nowhere.
enum class Visibility { visible, suppressed, denied, read_only, replaced, refused, switched_off };
std::string_view to_word(Visibility state);

struct ResolvedTool {
  std::string name, owner;
  Visibility state = Visibility::visible;
  std::string by; // who hid it
  std::string reason;
  std::string instead; // what to use, or empty
  bool is_local_only =
      false; // visible, and not to clients on a network (Policy::keeps_local_paths)
  std::vector<Step> steps;
  const ToolDeclaration *declaration = nullptr; // points into the input; null when switched off
};

struct RefusedOwner {
  std::string owner;
  std::string reason;
};

struct Resolution {
  std::vector<ResolvedTool>
      tools; // core first, then owners in order, each in declaration order; hidden ones included
  std::vector<RefusedOwner> refused;
  std::vector<std::string>
      warnings; // policy entries that match nothing, and tools that an allow entry un-hides
};

// `refused_before`: owners that are out for reasons found elsewhere (a schema that does not
// compile); their tools are listed as refused and nothing they declare has any effect.
Resolution resolve(std::span<const OwnerDeclaration> owners, const Policy &policy,
                   std::span<const RefusedOwner> refused_before = {});

// Tools that are visible now and existed hidden before: a widening of the surface, which is logged
// and audited as such.
std::vector<std::string> find_widening(const Resolution &before, const Resolution &after);

} // namespace mre::tools
