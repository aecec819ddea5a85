#include "core/tools/admission.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace mre::tools {
namespace {

constexpr std::string_view kCore = "core";
constexpr std::array<std::string_view, 2> kProtected = {"ssh_list_hosts", "ssh_read_output"};

// What is wrong with a suppression by itself, whatever else is declared.
std::optional<std::string> find_rule_fault(const OwnerDeclaration &owner, const Rule &rule) {
  const std::string quoted = "suppression '" + rule.suppression->selector + "'";
  if (rule.selector.owner == owner.owner) {
    return quoted + " names the owner's own tools";
  }
  const bool own =
      std::any_of(owner.tools.begin(), owner.tools.end(), [&](const ToolDeclaration &tool) {
        return tool.replaces.empty() && rule.selector.owner.empty() &&
               tool.name == rule.selector.name;
      });
  if (own) {
    return quoted + " names the owner's own tool; write 'other_owner:" + rule.selector.name + "'";
  }
  const std::string_view target_owner =
      rule.selector.owner.empty() ? kCore : std::string_view(rule.selector.owner);
  if (rule.selector.name != "*" && is_protected(target_owner, rule.selector.name)) {
    return quoted + " names a protected tool: clients need it to ask about this server";
  }
  return std::nullopt;
}

// What is wrong with one owner by itself. Fills its rules.
std::optional<std::string> find_fault(Candidate &candidate) {
  const OwnerDeclaration &owner = *candidate.declaration;
  std::set<std::string_view> names;
  for (const ToolDeclaration &tool : owner.tools) {
    if (!is_tool_name(tool.name)) {
      return "the tool name '" + tool.name + "' is not 1 to 128 of A-Z a-z 0-9 _ . -";
    }
    if (!names.insert(tool.name).second) {
      return "declares the tool " + tool.name + " twice";
    }
    if (!tool.replaces.empty()) {
      const auto target = Selector::parse(tool.replaces);
      if (!target || target->owner.empty() || target->owner == owner.owner ||
          target->name != tool.name) {
        return "tool " + tool.name + ": replaces must be 'other_owner:" + tool.name + "', got '" +
               tool.replaces + "'";
      }
    }
  }
  for (const Suppression &suppression : owner.suppressions) {
    const auto selector = Selector::parse(suppression.selector);
    if (!selector) {
      return "suppression '" + suppression.selector + "' is not 'name', 'owner:name' or 'owner:*'";
    }
    candidate.rules.push_back({*selector, &suppression});
    if (auto fault = find_rule_fault(owner, candidate.rules.back())) {
      return fault;
    }
  }
  return std::nullopt;
}

bool matches_any(const Rule &rule, const OwnerDeclaration &target) {
  return std::any_of(target.tools.begin(), target.tools.end(), [&](const ToolDeclaration &tool) {
    return rule.selector.matches(target.owner, tool.name);
  });
}

// Two owners that claim one wire name; fine when exactly one says that it replaces the other.
std::optional<std::string> find_name_clash(const OwnerDeclaration &earlier,
                                           const OwnerDeclaration &later) {
  for (const ToolDeclaration &a : earlier.tools) {
    for (const ToolDeclaration &b : later.tools) {
      if (a.name != b.name) {
        continue;
      }
      const bool a_takes = a.replaces == later.owner + ":" + b.name;
      const bool b_takes = b.replaces == earlier.owner + ":" + a.name;
      if (a_takes == b_takes) {
        return "the tool " + a.name + " is already declared by " + earlier.owner +
               (a_takes ? ", and each says that it replaces the other's" : "");
      }
    }
  }
  return std::nullopt;
}

// A rule of `by` that hides a tool of `target` and that no allow entry of the operator overrules:
// an allow names the winner.
const Suppression *find_contested(const Candidate &by, const OwnerDeclaration &target,
                                  const std::vector<Selector> &allow) {
  for (const Rule &rule : by.rules) {
    for (const ToolDeclaration &tool : target.tools) {
      const bool settled = std::any_of(allow.begin(), allow.end(), [&](const Selector &selector) {
        return selector.matches(target.owner, tool.name);
      });
      if (!settled && hides(rule, *by.declaration, target.owner, tool.name)) {
        return rule.suppression;
      }
    }
  }
  return nullptr;
}

std::optional<std::string> find_mutual(const Candidate &earlier, const Candidate &later,
                                       const std::vector<Selector> &allow) {
  const Suppression *mine = find_contested(later, *earlier.declaration, allow);
  const Suppression *theirs = find_contested(earlier, *later.declaration, allow);
  if (mine == nullptr || theirs == nullptr) {
    return std::nullopt;
  }
  return "it and " + earlier.declaration->owner + " suppress each other's tools (it: \"" +
         mine->reason + "\"; " + earlier.declaration->owner + ": \"" + theirs->reason +
         "\"); switch one off, or name the winner's tools in MRE_TOOLS_ALLOW";
}

class Admission {
public:
  Admission(std::vector<Candidate> &candidates, const Policy &policy) : candidates_(candidates) {
    for (const std::string &entry : policy.allow) {
      if (const auto selector = Selector::parse(entry)) {
        allow_.push_back(*selector);
      }
    }
  }

  // A requirement is first measured against everyone who may still take part, so that an owner
  // which is out for good costs nobody else the place; then against those who really got in.
  void run() {
    do {
      while (refuse_unmatched(
          [](const Candidate &candidate) { return candidate.standing != Standing::out; })) {
      }
      accept_in_order();
    } while (refuse_unmatched(
        [](const Candidate &candidate) { return candidate.standing == Standing::accepted; }));
  }

private:
  using Counts = bool (*)(const Candidate &);

  // In listing order, so that "the later one" is always the one that goes, and only conflicts with
  // owners that stay count.
  void accept_in_order() {
    for (Candidate &candidate : candidates_) {
      if (candidate.standing != Standing::out) {
        candidate.standing = Standing::open;
      }
    }
    for (Candidate &candidate : candidates_) {
      if (candidate.standing == Standing::out) {
        continue;
      }
      const auto conflict = find_conflict(candidate);
      candidate.standing = conflict ? Standing::lost : Standing::accepted;
      candidate.refusal = conflict.value_or("");
    }
  }
  std::optional<std::string> find_conflict(const Candidate &later) const {
    for (const Candidate &earlier : candidates_) {
      if (earlier.standing != Standing::accepted) {
        continue;
      }
      if (auto clash = find_name_clash(*earlier.declaration, *later.declaration)) {
        return clash;
      }
      if (auto mutual = find_mutual(earlier, later, allow_)) {
        return mutual;
      }
    }
    return std::nullopt;
  }

  // Everyone with a required selector that matches nothing among those who count goes, all
  // together. True when someone went.
  bool refuse_unmatched(Counts counts) {
    std::vector<std::pair<Candidate *, std::string>> leaving;
    for (Candidate &candidate : candidates_) {
      if (!counts(candidate)) {
        continue;
      }
      for (const Rule &rule : candidate.rules) {
        if (rule.suppression->required && !is_matched(rule, candidate, counts)) {
          leaving.emplace_back(&candidate,
                               "suppression '" + rule.suppression->selector + "' matches nothing");
          break;
        }
      }
    }
    for (auto &[candidate, reason] : leaving) {
      candidate->standing = Standing::out;
      candidate->refusal = reason;
    }
    return !leaving.empty();
  }
  bool is_matched(const Rule &rule, const Candidate &by, Counts counts) const {
    return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate &target) {
      return &target != &by && counts(target) && matches_any(rule, *target.declaration);
    });
  }

  std::vector<Candidate> &candidates_;
  std::vector<Selector> allow_;
};

} // namespace

bool is_protected(std::string_view owner, std::string_view name) {
  return owner == kCore &&
         std::find(kProtected.begin(), kProtected.end(), name) != kProtected.end();
}

bool hides(const Rule &rule, const OwnerDeclaration &by, std::string_view owner,
           std::string_view name) {
  return owner != by.owner && rule.selector.matches(owner, name) && !is_protected(owner, name);
}

std::vector<Candidate> admit(std::span<const OwnerDeclaration> owners, const Policy &policy,
                             std::span<const RefusedOwner> refused_before) {
  std::vector<Candidate> candidates;
  for (const bool core : {true, false}) {
    for (const OwnerDeclaration &owner : owners) {
      if ((owner.owner == kCore) == core) {
        candidates.push_back({&owner, {}, Standing::open, {}});
      }
    }
  }
  std::set<std::string_view> ids;
  for (Candidate &candidate : candidates) {
    const auto before = std::find_if(
        refused_before.begin(), refused_before.end(),
        [&](const RefusedOwner &refused) { return refused.owner == candidate.declaration->owner; });
    if (!ids.insert(candidate.declaration->owner).second) {
      candidate.refusal = "the owner id is already taken";
    } else if (before != refused_before.end()) {
      candidate.refusal = before->reason;
    } else if (auto fault = find_fault(candidate)) {
      candidate.refusal = *fault;
    }
    candidate.standing = candidate.refusal.empty() ? Standing::open : Standing::out;
  }
  Admission(candidates, policy).run();
  return candidates;
}

} // namespace mre::tools
