#include "core/tools/resolve.hpp"

#include "core/tools/admission.hpp"
#include "core/tools/selector.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace mre::tools {
namespace {

constexpr std::string_view kOperator = "the operator";

struct PolicyEntry {
  std::string text;
  std::optional<Selector> selector; // nothing: malformed
};

std::vector<PolicyEntry> read_entries(const std::vector<std::string> &texts) {
  std::vector<PolicyEntry> entries;
  entries.reserve(texts.size());
  for (const std::string &text : texts) {
    entries.push_back({text, Selector::parse(text)});
  }
  return entries;
}

std::string with_version(const OwnerDeclaration &owner) {
  return owner.version.empty() ? owner.owner : owner.owner + " " + owner.version;
}

// Everything that is said about one tool, before the verdict.
struct Findings {
  const PolicyEntry *denied = nullptr;
  const PolicyEntry *allowed = nullptr;
  const OwnerDeclaration *replaced_by = nullptr;
  std::vector<std::pair<const OwnerDeclaration *, const Suppression *>> suppressed;
};

class Resolver {
public:
  Resolver(std::span<const OwnerDeclaration> owners, const Policy &policy,
           std::span<const RefusedOwner> refused_before)
      : policy_(policy), deny_(read_entries(policy.deny)), allow_(read_entries(policy.allow)),
        candidates_(admit(owners, policy, refused_before)) {}

  Resolution run() {
    for (const Candidate &candidate : candidates_) {
      if (candidate.standing != Standing::accepted) {
        result_.refused.push_back({candidate.declaration->owner, candidate.refusal});
      }
      for (const ToolDeclaration &tool : candidate.declaration->tools) {
        result_.tools.push_back(judge(candidate, tool));
      }
    }
    add_absent();
    recommend();
    warn_about_entries("MRE_TOOLS_DENY", deny_);
    warn_about_entries("MRE_TOOLS_ALLOW", allow_);
    return std::move(result_);
  }

private:
  // Tools of owners that are switched off: nobody can call them, and whoever tries is told why. A
  // name that somebody else declares means that one.
  void add_absent() {
    const std::size_t declared = result_.tools.size();
    for (const AbsentOwner &absent : policy_.absent) {
      for (const std::string &name : absent.tools) {
        const bool is_taken =
            std::any_of(result_.tools.begin(), result_.tools.begin() + signed_size(declared),
                        [&](const ResolvedTool &tool) { return tool.name == name; });
        if (is_taken) {
          continue;
        }
        ResolvedTool out;
        out.name = name;
        out.owner = absent.owner;
        hide(out, Visibility::switched_off, kOperator,
             "the plugin " + absent.owner + " is off; " + absent.remedy + " switches it on");
        out.steps.push_back({"switched off", absent.owner, absent.remedy + " switches it on"});
        result_.tools.push_back(std::move(out));
      }
    }
  }
  static std::ptrdiff_t signed_size(std::size_t size) { return static_cast<std::ptrdiff_t>(size); }

  ResolvedTool judge(const Candidate &candidate, const ToolDeclaration &tool) {
    ResolvedTool out;
    out.name = tool.name;
    out.owner = candidate.declaration->owner;
    out.declaration = &tool;
    out.steps.push_back({"declared", with_version(*candidate.declaration), {}});
    if (candidate.standing != Standing::accepted) {
      hide(out, Visibility::refused, out.owner, candidate.refusal);
      out.steps.push_back({"refused", out.owner, candidate.refusal});
      return out;
    }
    const Findings findings = find(out.owner, tool, out.steps);
    decide(out, findings);
    return out;
  }

  Findings find(const std::string &owner, const ToolDeclaration &tool,
                std::vector<Step> &steps) const {
    Findings findings;
    findings.denied = find_entry(deny_, owner, tool.name);
    findings.allowed = find_entry(allow_, owner, tool.name);
    for (const Candidate &other : candidates_) {
      if (other.standing != Standing::accepted || other.declaration->owner == owner) {
        continue;
      }
      for (const ToolDeclaration &taker : other.declaration->tools) {
        if (taker.replaces == owner + ":" + tool.name) {
          findings.replaced_by = other.declaration;
          steps.push_back(
              {"replaced", with_version(*other.declaration), "takes the name " + tool.name});
        }
      }
      if (other.rules.empty()) {
        continue;
      }
      const auto rule =
          std::find_if(other.rules.begin(), other.rules.end(), [&](const Rule &candidate) {
            return hides(candidate, *other.declaration, owner, tool.name);
          });
      if (rule == other.rules.end()) {
        steps.push_back({"not suppressed", with_version(*other.declaration), {}});
      } else {
        findings.suppressed.emplace_back(other.declaration, rule->suppression);
        steps.push_back(
            {"suppressed", with_version(*other.declaration), rule->suppression->reason});
      }
    }
    return findings;
  }

  // Deny beats everything; a name that was taken stays taken; read-only is never widened; then
  // allow against suppression.
  void decide(ResolvedTool &out, const Findings &findings) {
    const bool unsafe = policy_.read_only && !out.declaration->promises.read_only;
    if (findings.allowed != nullptr) {
      out.steps.push_back({"allowed", "MRE_TOOLS_ALLOW", findings.allowed->text});
    }
    if (findings.denied != nullptr) {
      out.steps.push_back({"denied", "MRE_TOOLS_DENY", findings.denied->text});
    }
    if (unsafe) {
      out.steps.push_back({"read_only", "MRE_READ_ONLY", "it does not promise to be read-only"});
    }
    if (findings.allowed == nullptr && findings.denied == nullptr && !unsafe) {
      out.steps.push_back({"policy", {}, "no allow/deny rule matches"});
    }
    if (findings.denied != nullptr) {
      hide(out, Visibility::denied, kOperator, "MRE_TOOLS_DENY names " + findings.denied->text);
    } else if (findings.replaced_by != nullptr) {
      hide(out, Visibility::replaced, findings.replaced_by->owner,
           "its tool " + out.name + " takes the name");
    } else if (unsafe) {
      hide(out, Visibility::read_only, kOperator,
           "MRE_READ_ONLY is on and this tool does not promise to be read-only");
    } else if (!findings.suppressed.empty() && findings.allowed == nullptr) {
      const auto &[owner, suppression] = findings.suppressed.front();
      hide(out, Visibility::suppressed, owner->owner, suppression->reason);
    } else if (!findings.suppressed.empty()) {
      result_.warnings.push_back("MRE_TOOLS_ALLOW shows " + out.name + ", which " +
                                 findings.suppressed.front().first->owner + " suppresses");
    }
    look_at_network(out);
  }

  // Clients elsewhere have no use for this machine's files, and no right to them.
  void look_at_network(ResolvedTool &out) const {
    const bool names_files =
        out.state == Visibility::visible && out.declaration->promises.local_paths;
    out.is_local_only = names_files && policy_.keeps_local_paths;
    if (names_files && policy_.serves_network) {
      out.steps.push_back({"network", "TRANSFER_ROOT",
                           out.is_local_only
                               ? "not set: hidden from clients on a network, its local paths would "
                                 "be the server's own files"
                               : "confines its local paths for clients on a network"});
    }
  }

  static void hide(ResolvedTool &tool, Visibility state, std::string_view by, std::string reason) {
    tool.state = state;
    tool.by = by;
    tool.reason = std::move(reason);
  }

  // What to use instead: the first recommendation of an owner that hides the tool, if that tool can
  // be used.
  void recommend() {
    for (ResolvedTool &tool : result_.tools) {
      if (tool.state == Visibility::visible || tool.state == Visibility::refused) {
        continue;
      }
      for (const Candidate &candidate : candidates_) {
        for (const Rule &rule : candidate.rules) {
          const bool says = candidate.standing == Standing::accepted && tool.instead.empty() &&
                            hides(rule, *candidate.declaration, tool.owner, tool.name);
          if (says && is_visible(rule.suppression->instead)) {
            tool.instead = rule.suppression->instead;
          }
        }
      }
    }
  }
  bool is_visible(std::string_view name) const {
    return std::any_of(result_.tools.begin(), result_.tools.end(), [&](const ResolvedTool &tool) {
      return tool.name == name && tool.state == Visibility::visible;
    });
  }

  static const PolicyEntry *find_entry(const std::vector<PolicyEntry> &entries,
                                       std::string_view owner, std::string_view name) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const PolicyEntry &entry) {
      return entry.selector && entry.selector->matches(owner, name);
    });
    return found == entries.end() ? nullptr : &*found;
  }

  void warn_about_entries(std::string_view variable, const std::vector<PolicyEntry> &entries) {
    for (const PolicyEntry &entry : entries) {
      if (!entry.selector) {
        result_.warnings.push_back(std::string(variable) + ": '" + entry.text +
                                   "' is not 'name', 'owner:name' or 'owner:*'");
      } else if (!is_known(*entry.selector)) {
        result_.warnings.push_back(std::string(variable) + ": '" + entry.text +
                                   "' matches no tool");
      }
    }
  }
  // A tool of an owner that is switched off or refused is no typo. Bundled tools carry the name of
  // their plugin in front.
  bool is_known(const Selector &selector) const {
    const auto matches = [&](const ResolvedTool &tool) {
      return selector.matches(tool.owner, tool.name);
    };
    if (std::any_of(result_.tools.begin(), result_.tools.end(), matches)) {
      return true;
    }
    return std::any_of(
        policy_.absent.begin(), policy_.absent.end(), [&](const AbsentOwner &absent) {
          return selector.owner == absent.owner ||
                 (selector.owner.empty() && selector.name.starts_with(absent.owner + "_"));
        });
  }

  const Policy &policy_;
  const std::vector<PolicyEntry> deny_, allow_;
  const std::vector<Candidate> candidates_;
  Resolution result_;
};

} // namespace

std::string_view to_word(Visibility state) {
  switch (state) {
  case Visibility::visible:
    return "visible";
  case Visibility::suppressed:
    return "suppressed";
  case Visibility::denied:
    return "denied";
  case Visibility::read_only:
    return "read_only";
  case Visibility::replaced:
    return "replaced";
  case Visibility::refused:
    return "refused";
  case Visibility::switched_off:
    break;
  }
  return "switched_off";
}

Resolution resolve(std::span<const OwnerDeclaration> owners, const Policy &policy,
                   std::span<const RefusedOwner> refused_before) {
  return Resolver(owners, policy, refused_before).run();
}

std::vector<std::string> find_widening(const Resolution &before, const Resolution &after) {
  const auto shows = [](const Resolution &resolution, const std::string &name) {
    return std::any_of(resolution.tools.begin(), resolution.tools.end(),
                       [&](const ResolvedTool &tool) {
                         return tool.name == name && tool.state == Visibility::visible;
                       });
  };
  std::vector<std::string> names;
  for (const ResolvedTool &tool : before.tools) {
    const bool was_hidden = tool.state != Visibility::visible &&
                            tool.state != Visibility::refused &&
                            tool.state != Visibility::switched_off;
    if (was_hidden && !shows(before, tool.name) && shows(after, tool.name)) {
      names.push_back(tool.name);
    }
  }
  return names;
}

} // namespace mre::tools
