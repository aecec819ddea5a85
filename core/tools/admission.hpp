// Which owners take part: the first half of resolve(), before a single tool is shown or hidden.
//
// Promise: pure. Taking the refused owners out of the input changes nothing for the others. It
// ends: every round removes at least one owner. Threads: pure. Lifetime: the rules point into the
// declarations they were made from.
#pragma once

#include "core/tools/resolve.hpp"
#include "core/tools/selector.hpp"

#include <span>
#include <string>
#include <vector>

namespace mre::tools {

struct Rule {
  Selector selector;
  const Suppression *suppression = nullptr;
};

enum class Standing {
  open,     // not decided yet
  accepted, // takes part
  lost,     // stands against an owner listed earlier; looked at again when that one goes
  out,      // does not take part, whoever else does
};

// One owner with its selectors read.
struct Candidate {
  const OwnerDeclaration *declaration = nullptr;
  std::vector<Rule> rules;
  Standing standing = Standing::open;
  std::string refusal; // why it is lost or out
};

// The server's own ways of asking about itself: what hosts there are, and the rest of an output it
// cut. Naming one in a suppression refuses the owner; "core:*" leaves them out; only the operator
// can hide them.
bool is_protected(std::string_view owner, std::string_view name);

bool hides(const Rule &rule, const OwnerDeclaration &by, std::string_view owner,
           std::string_view name);

// Core first, then as given; every owner with its fate.
std::vector<Candidate> admit(std::span<const OwnerDeclaration> owners, const Policy &policy,
                             std::span<const RefusedOwner> refused_before);

} // namespace mre::tools
