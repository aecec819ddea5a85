// The compiled form of a schema: one node per subschema, references resolved to nodes.
//
// Threads: immutable once compiled. Lifetime: nodes point into the document and at each other; a
// CompiledSchema owns all of it.
#pragma once

#include "core/base/json.hpp"

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mre::tools::schema {

struct Node;

// A schema with an identity of its own: anchors belong to one.
struct Resource {
  std::string uri;
  const Node *root = nullptr;
  std::map<std::string, const Node *, std::less<>> anchors;
  std::map<std::string, const Node *, std::less<>> dynamic_anchors;
};

enum TypeBit : unsigned {
  kNull = 1U,
  kBoolean = 2U,
  kInteger = 4U,
  kNumber = 8U, // includes integers
  kString = 16U,
  kArray = 32U,
  kObject = 64U,
};

constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();

struct NumberRules {
  const Json *minimum = nullptr, *maximum = nullptr, *exclusive_minimum = nullptr,
             *exclusive_maximum = nullptr, *multiple_of = nullptr;
};

enum class Format { none, email, uri, date, date_time };

struct StringRules {
  std::uint64_t shortest = 0, longest = kUnbounded; // code points
  std::unique_ptr<const RE2> pattern;
  Format format = Format::none;
};

struct ArrayRules {
  std::uint64_t fewest = 0, most = kUnbounded;
  bool unique = false;
  std::vector<const Node *> prefix;
  const Node *rest = nullptr; // items
  const Node *contains = nullptr;
  std::uint64_t contains_fewest = 1, contains_most = kUnbounded;
  const Node *unevaluated = nullptr;
};

struct PatternRule {
  std::unique_ptr<const RE2> pattern;
  const Node *node = nullptr;
};

struct ObjectRules {
  std::uint64_t fewest = 0, most = kUnbounded;
  std::vector<std::string> required;
  std::map<std::string, const Node *, std::less<>> properties;
  std::vector<PatternRule> patterns;
  const Node *additional = nullptr;
  const Node *names = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> dependent_required;
  std::map<std::string, const Node *, std::less<>> dependent_schemas;
  const Node *unevaluated = nullptr;
};

struct DynamicReference {
  const Node *initial = nullptr;
  std::string anchor; // empty: behaves like $ref
};

struct Node {
  const Resource *resource = nullptr;
  std::string pointer;                 // where in the document
  std::optional<bool> always;          // a boolean schema
  unsigned types = 0;                  // TypeBits; 0: any
  const Json *one_of_values = nullptr; // enum
  const Json *constant = nullptr;
  NumberRules number;
  StringRules string;
  ArrayRules array;
  ObjectRules object;
  std::vector<const Node *> all_of, any_of, one_of;
  const Node *negated = nullptr;
  const Node *condition = nullptr, *consequence = nullptr, *alternative = nullptr;
  const Node *reference = nullptr;
  std::optional<DynamicReference> dynamic;
};

struct CompiledSchema {
  Json document;
  std::deque<Resource> resources;
  std::deque<Node> nodes;
  const Node *root = nullptr;
  bool assert_formats = false;
  bool tracks_evaluation = false; // some node says unevaluatedItems or unevaluatedProperties
};

// "an integer from 1 to 300", "one of \"text\", \"json\"": what a value must look like, for
// messages.
std::string describe(const Node &node);

} // namespace mre::tools::schema
