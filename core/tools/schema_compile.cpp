#include "core/tools/schema_compile.hpp"

#include "core/guard/limits.hpp"
#include "core/tools/schema_references.hpp"
#include "core/tools/schema_uri.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mre::tools::schema {
namespace {

constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";

std::string escape_token(std::string_view token) {
  std::string out;
  for (const char c : token) {
    out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  }
  return out;
}

bool is_anchor_name(std::string_view name) {
  const auto is_start = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_start(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// One subschema being read: its JSON, its node, and where it stands.
struct Here {
  const Json &json;
  Node &node;
  std::string pointer;
  Resource *resource;
  int depth;
};

class Compiler final : public SubschemaCompiler {
public:
  explicit Compiler(CompiledSchema &out) : out_(out), references_(out, *this) {}

  Result<void> run() {
    Resource &root = out_.resources.emplace_back();
    references_.add_resource(root, out_.document, "");
    out_.root = compile(out_.document, "", &root);
    root.root = out_.root;
    if (!fault_) {
      if (auto resolved = references_.resolve_all(); !resolved) {
        fail_as(std::move(resolved).error());
      }
    }
    if (fault_) {
      return *fault_;
    }
    return {};
  }

  const Node *compile(const Json &json, const std::string &pointer, Resource *resource) override {
    ++depth_;
    const Node *node = compile_here(json, pointer, resource);
    --depth_;
    return node;
  }
  bool has_failed() const override { return fault_.has_value(); }

private:
  const Node *compile_here(const Json &json, const std::string &pointer, Resource *resource) {
    Node &node = out_.nodes.emplace_back();
    node.pointer = pointer;
    node.resource = resource;
    if (json.is_boolean()) {
      node.always = json.get<bool>();
    } else if (!json.is_object()) {
      fail(pointer, "a schema is an object or a boolean");
    } else if (depth_ > 2 * JsonLimits{}.max_depth) {
      fail(pointer, "nested too deep");
    } else {
      Here here{json, node, pointer, resource, depth_};
      read_identity(here);
      read_values(here);
      read_numbers(here);
      read_strings(here);
      read_arrays(here);
      read_objects(here);
      read_applicators(here);
      read_references(here);
    }
    references_.add_node(json, node);
    return &node;
  }

  void read_identity(Here &here) {
    if (const Json *dialect = find_member(here.json, "$schema")) {
      const auto *text = dialect->get_ptr<const std::string *>();
      if (text == nullptr || (*text != kDialect && *text != std::string(kDialect) + "#")) {
        fail(here.pointer + "/$schema",
             "only the dialect " + std::string(kDialect) + " is supported");
      }
    }
    if (const std::string *id = text_of(here, "$id")) {
      const UriReference parts = split_fragment(*id);
      if (!parts.fragment.empty()) {
        fail(here.pointer + "/$id", "an $id has no fragment");
      }
      const std::string uri = resolve_uri(here.resource->uri, parts.without_fragment);
      if (here.pointer.empty()) {
        here.resource->uri = uri;
      } else {
        here.resource = &out_.resources.emplace_back();
        here.resource->uri = uri;
        here.resource->root = &here.node;
        here.node.resource = here.resource;
      }
      if (!references_.add_resource(*here.resource, here.json, here.pointer)) {
        fail(here.pointer + "/$id", "the same $id appears twice");
      }
    }
    read_anchor(here, "$anchor", false);
    read_anchor(here, "$dynamicAnchor", true);
    each_member(here, "$defs", [](const std::string &, const Node *) {});
  }
  void read_anchor(Here &here, const char *keyword, bool dynamic) {
    const std::string *name = text_of(here, keyword);
    if (name == nullptr) {
      return;
    }
    if (!is_anchor_name(*name)) {
      fail(here.pointer + "/" + keyword, "'" + *name + "' is no anchor name");
    } else if (!here.resource->anchors.emplace(*name, &here.node).second) {
      fail(here.pointer + "/" + keyword, "the anchor '" + *name + "' appears twice");
    } else if (dynamic) {
      here.resource->dynamic_anchors.emplace(*name, &here.node);
    }
  }

  void read_values(Here &here) {
    if (const Json *type = find_member(here.json, "type")) {
      if (type->is_array()) {
        for (const Json &one : *type) {
          read_type(here, one);
        }
      } else {
        read_type(here, *type);
      }
      if (here.node.types == 0) {
        fail(here.pointer + "/type", "names no type");
      }
    }
    if (const Json *values = find_member(here.json, "enum")) {
      here.node.one_of_values = values;
      if (!values->is_array() || values->empty()) {
        fail(here.pointer + "/enum", "must be an array with at least one value");
      }
    }
    here.node.constant = find_member(here.json, "const");
  }
  void read_type(Here &here, const Json &type) {
    constexpr std::array<std::pair<std::string_view, unsigned>, 7> kTypes = {
        {{"null", kNull},
         {"boolean", kBoolean},
         {"integer", kInteger},
         {"number", kNumber | kInteger},
         {"string", kString},
         {"array", kArray},
         {"object", kObject}}};
    const auto *word = type.get_ptr<const std::string *>();
    for (const auto &[name, bits] : kTypes) {
      if (word != nullptr && *word == name) {
        here.node.types |= bits;
        return;
      }
    }
    fail(here.pointer + "/type",
         dump_json(type) +
             " is no type; there are null, boolean, integer, number, string, array, object");
  }

  void read_numbers(Here &here) {
    NumberRules &rules = here.node.number;
    rules.minimum = number(here, "minimum");
    rules.maximum = number(here, "maximum");
    rules.exclusive_minimum = number(here, "exclusiveMinimum");
    rules.exclusive_maximum = number(here, "exclusiveMaximum");
    rules.multiple_of = number(here, "multipleOf");
    if (rules.multiple_of != nullptr && !(rules.multiple_of->get<double>() > 0)) {
      fail(here.pointer + "/multipleOf", "must be greater than 0");
    }
  }

  void read_strings(Here &here) {
    count(here, "minLength", here.node.string.shortest);
    count(here, "maxLength", here.node.string.longest);
    if (const std::string *pattern = text_of(here, "pattern")) {
      here.node.string.pattern = read_pattern(here.pointer + "/pattern", *pattern);
    }
    if (const std::string *format = text_of(here, "format")) {
      here.node.string.format = *format == "email"       ? Format::email
                                : *format == "uri"       ? Format::uri
                                : *format == "date"      ? Format::date
                                : *format == "date-time" ? Format::date_time
                                                         : Format::none;
    }
  }
  std::unique_ptr<const RE2> read_pattern(const std::string &pointer, const std::string &pattern) {
    auto compiled = compile_pattern(pattern);
    if (!compiled) {
      fail(pointer, compiled.error().message);
      return nullptr;
    }
    return std::move(compiled).value();
  }

  void read_arrays(Here &here) {
    ArrayRules &rules = here.node.array;
    count(here, "minItems", rules.fewest);
    count(here, "maxItems", rules.most);
    count(here, "minContains", rules.contains_fewest);
    count(here, "maxContains", rules.contains_most);
    if (const Json *unique = find_member(here.json, "uniqueItems")) {
      rules.unique = unique->is_boolean() && unique->get<bool>();
      if (!unique->is_boolean()) {
        fail(here.pointer + "/uniqueItems", "must be true or false");
      }
    }
    rules.prefix = list(here, "prefixItems");
    if (const Json *items = find_member(here.json, "items");
        items != nullptr && items->is_array()) {
      fail(here.pointer + "/items", "is one schema; a list of schemas is called prefixItems");
    } else {
      rules.rest = single(here, "items");
    }
    rules.contains = single(here, "contains");
    rules.unevaluated = single(here, "unevaluatedItems");
    out_.tracks_evaluation |= rules.unevaluated != nullptr;
  }

  void read_objects(Here &here) {
    ObjectRules &rules = here.node.object;
    count(here, "minProperties", rules.fewest);
    count(here, "maxProperties", rules.most);
    if (const Json *required = find_member(here.json, "required")) {
      rules.required = names(here.pointer + "/required", *required);
    }
    each_member(here, "properties", [&](const std::string &name, const Node *node) {
      rules.properties.emplace(name, node);
    });
    each_member(here, "patternProperties", [&](const std::string &pattern, const Node *node) {
      auto compiled =
          read_pattern(here.pointer + "/patternProperties/" + escape_token(pattern), pattern);
      if (compiled) {
        rules.patterns.push_back({std::move(compiled), node});
      }
    });
    rules.additional = single(here, "additionalProperties");
    rules.names = single(here, "propertyNames");
    rules.unevaluated = single(here, "unevaluatedProperties");
    out_.tracks_evaluation |= rules.unevaluated != nullptr;
    each_member(here, "dependentSchemas", [&](const std::string &name, const Node *node) {
      rules.dependent_schemas.emplace(name, node);
    });
    if (const Json *dependent = object_of(here, "dependentRequired")) {
      for (const auto &[name, list] : dependent->items()) {
        rules.dependent_required[name] =
            names(here.pointer + "/dependentRequired/" + escape_token(name), list);
      }
    }
  }

  void read_applicators(Here &here) {
    here.node.all_of = list(here, "allOf");
    here.node.any_of = list(here, "anyOf");
    here.node.one_of = list(here, "oneOf");
    here.node.negated = single(here, "not");
    here.node.condition = single(here, "if");
    here.node.consequence = single(here, "then");
    here.node.alternative = single(here, "else");
  }

  void read_references(Here &here) {
    if (const std::string *reference = text_of(here, "$ref")) {
      references_.add({&here.node, here.resource, *reference, here.pointer + "/$ref", false});
    }
    if (const std::string *reference = text_of(here, "$dynamicRef")) {
      references_.add({&here.node, here.resource, *reference, here.pointer + "/$dynamicRef", true});
    }
  }

  // Reading one keyword; each of these reports the fault itself.
  const std::string *text_of(const Here &here, const char *keyword) {
    const Json *value = find_member(here.json, keyword);
    const auto *text = value == nullptr ? nullptr : value->get_ptr<const std::string *>();
    if (value != nullptr && text == nullptr) {
      fail(here.pointer + "/" + keyword, "must be a string");
    }
    return text;
  }
  const Json *number(const Here &here, const char *keyword) {
    const Json *value = find_member(here.json, keyword);
    if (value != nullptr && !value->is_number()) {
      fail(here.pointer + "/" + keyword, "must be a number");
      return nullptr;
    }
    return value;
  }
  void count(const Here &here, const char *keyword, std::uint64_t &target) {
    const Json *value = number(here, keyword);
    if (value == nullptr) {
      return;
    }
    const double amount = value->get<double>();
    // 2^53: from there on a double no longer tells neighbours apart, and nothing is that long.
    if (!(amount >= 0) || amount > 9007199254740992.0 ||
        amount != static_cast<double>(static_cast<std::uint64_t>(amount))) {
      fail(here.pointer + "/" + keyword, "must be a whole number of at least 0");
      return;
    }
    target = static_cast<std::uint64_t>(amount);
  }
  const Json *object_of(const Here &here, const char *keyword) {
    const Json *value = find_member(here.json, keyword);
    if (value != nullptr && !value->is_object()) {
      fail(here.pointer + "/" + keyword, "must be an object");
      return nullptr;
    }
    return value;
  }
  std::vector<std::string> names(const std::string &pointer, const Json &value) {
    std::vector<std::string> out;
    if (!value.is_array()) {
      fail(pointer, "must be an array of names");
      return out;
    }
    for (const Json &name : value) {
      if (!name.is_string()) {
        fail(pointer, "must hold strings only");
        return out;
      }
      out.push_back(name.get<std::string>());
    }
    return out;
  }
  const Node *single(const Here &here, const char *keyword) {
    const Json *value = find_member(here.json, keyword);
    return value == nullptr ? nullptr
                            : compile(*value, here.pointer + "/" + keyword, here.resource);
  }
  std::vector<const Node *> list(const Here &here, const char *keyword) {
    std::vector<const Node *> out;
    const Json *value = find_member(here.json, keyword);
    if (value == nullptr) {
      return out;
    }
    if (!value->is_array() || value->empty()) {
      fail(here.pointer + "/" + keyword, "must be an array of at least one schema");
      return out;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
      out.push_back(compile((*value)[i], here.pointer + "/" + keyword + "/" + std::to_string(i),
                            here.resource));
    }
    return out;
  }
  template <class F>
  void each_member(const Here &here, const char *keyword, F &&body) {
    const Json *value = object_of(here, keyword);
    if (value == nullptr) {
      return;
    }
    for (const auto &[name, member] : value->items()) {
      body(name,
           compile(member, here.pointer + "/" + keyword + "/" + escape_token(name), here.resource));
    }
  }

  void fail(const std::string &pointer, const std::string &message) {
    fail_as({Errc::bad_argument, (pointer.empty() ? "the schema" : pointer) + ": " + message, {}});
  }
  void fail_as(Error error) {
    if (!fault_) {
      fault_ = std::move(error);
    }
  }

  CompiledSchema &out_;
  References references_;
  std::optional<Error> fault_; // the first one
  int depth_ = 0;
};

// ECMA-262 writes a code unit as \uXXXX, RE2 as \x{XXXX}.
std::string to_re2(const std::string &pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      out += pattern[i];
    } else if (pattern[i + 1] == 'u' && i + 5 < pattern.size()) {
      out += "\\x{" + pattern.substr(i + 2, 4) + "}";
      i += 5;
    } else {
      out += pattern.substr(i, 2);
      ++i;
    }
  }
  return out;
}

} // namespace

Result<std::unique_ptr<const RE2>> compile_pattern(const std::string &pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(limits::kPatternMemory);
  auto compiled = std::make_unique<const RE2>(to_re2(pattern), options);
  if (!compiled->ok()) {
    return Error{Errc::bad_argument, "the pattern cannot be used: " + compiled->error(),
                 "patterns are RE2's: no look-around, no back references"};
  }
  return compiled;
}

Result<std::unique_ptr<CompiledSchema>> compile_document(Json document, SchemaOptions options) {
  auto out = std::make_unique<CompiledSchema>();
  out->document = std::move(document);
  out->assert_formats = options.assert_formats;
  MRE_TRY_VOID(Compiler(*out).run());
  return out;
}

} // namespace mre::tools::schema
