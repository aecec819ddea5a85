#include "core/tools/schema_check.hpp"

#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"
#include "core/tools/schema_compare.hpp"
#include "core/tools/schema_complaint.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace mre::tools::schema {
namespace {

// The resources that were entered on the way; $dynamicRef looks for its anchor from the outermost.
struct Scope {
  const Scope *up = nullptr;
  const Resource *resource = nullptr;
};

// What has been looked at by a schema and those it applies, for unevaluatedItems and
// unevaluatedProperties.
struct Evaluated {
  std::set<std::string_view> names;
  std::set<std::size_t> items;

  void merge(Evaluated &&other) {
    names.merge(other.names);
    items.merge(other.items);
  }
};

struct Spot {
  const Json &value;
  const Path *path;
  const Scope *scope;
  int depth;
};

class Checker {
public:
  explicit Checker(const CompiledSchema &schema) : schema_(schema) {}

  Result<void> run(const Json &value) {
    const Path root;
    Evaluated evaluated;
    const bool fits = check(*schema_.root, {value, &root, nullptr, 0}, evaluated);
    if (exhausted_) {
      return Error{Errc::too_large, "the value is too complex to check against its schema",
                   "send less at once"};
    }
    if (!fits) {
      return Error{Errc::bad_argument, complaint_.text(), {}};
    }
    return {};
  }

private:
  bool check(const Node &node, const Spot &above, Evaluated &evaluated) {
    if (exhausted_ || !spend(1) || above.depth >= limits::kSchemaDepth) {
      exhausted_ = true;
      return false;
    }
    if (node.always) {
      return *node.always || complaint_.fail(above.path, "nothing is expected here");
    }
    const Scope entered{above.scope, node.resource};
    const bool same = above.scope != nullptr && above.scope->resource == node.resource;
    const Spot spot{above.value, above.path, same ? above.scope : &entered, above.depth + 1};
    return check_value_itself(node, spot) && check_numbers(node, spot) &&
           check_string(node, spot) && check_array(node, spot, evaluated) &&
           check_object(node, spot, evaluated) && check_references(node, spot, evaluated) &&
           check_logic(node, spot, evaluated) && check_unevaluated(node, spot, evaluated);
  }

  bool check_value_itself(const Node &node, const Spot &spot) {
    if (node.types != 0 && (node.types & type_of(spot.value)) == 0) {
      return complaint_.expected(node, spot.path, spot.value);
    }
    if (node.one_of_values != nullptr) {
      const bool listed = std::any_of(
          node.one_of_values->begin(), node.one_of_values->end(),
          [&](const Json &candidate) { return spend(1) && is_equal(candidate, spot.value); });
      if (!listed) {
        return complaint_.expected(node, spot.path, spot.value);
      }
    }
    return node.constant == nullptr || is_equal(*node.constant, spot.value) ||
           complaint_.expected(node, spot.path, spot.value);
  }

  bool check_numbers(const Node &node, const Spot &spot) {
    if (!spot.value.is_number()) {
      return true;
    }
    const NumberRules &rules = node.number;
    const auto against = [&](const Json *bound) {
      return bound == nullptr ? 0 : compare_numbers(spot.value, *bound);
    };
    const bool fits =
        against(rules.minimum) >= 0 && against(rules.maximum) <= 0 &&
        (rules.exclusive_minimum == nullptr || against(rules.exclusive_minimum) > 0) &&
        (rules.exclusive_maximum == nullptr || against(rules.exclusive_maximum) < 0) &&
        (rules.multiple_of == nullptr || is_multiple(spot.value, *rules.multiple_of));
    return fits || complaint_.expected(node, spot.path, spot.value);
  }

  bool check_string(const Node &node, const Spot &spot) {
    const auto *text = spot.value.get_ptr<const std::string *>();
    if (text == nullptr) {
      return true;
    }
    const StringRules &rules = node.string;
    if (rules.shortest > 0 || rules.longest != kUnbounded) {
      const std::size_t characters = utf8::count(*text);
      if (characters < rules.shortest || characters > rules.longest) {
        const std::string got =
            characters == 0 ? "an empty one" : std::to_string(characters) + " characters";
        return complaint_.fail(spot.path, "expected " + describe(node) + ", got " + got);
      }
    }
    if (rules.pattern && !RE2::PartialMatch(*text, *rules.pattern)) {
      return complaint_.expected(node, spot.path, spot.value);
    }
    if (schema_.assert_formats && !is_of_format(rules.format, *text)) {
      constexpr const char *kNames[] = {"any text", "an e-mail address", "a URI",
                                        "a date (2026-01-31)",
                                        "a date and time (2026-01-31T12:00:00Z)"};
      return complaint_.fail(spot.path, std::string("expected ") +
                                            kNames[static_cast<int>(rules.format)] + ", got " +
                                            show(spot.value));
    }
    return true;
  }

  bool check_array(const Node &node, const Spot &spot, Evaluated &evaluated) {
    if (!spot.value.is_array()) {
      return true;
    }
    const ArrayRules &rules = node.array;
    const std::size_t size = spot.value.size();
    if (size < rules.fewest || size > rules.most) {
      return complaint_.wrong_size(node, kArray, spot.path, size);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const Node *item = i < rules.prefix.size() ? rules.prefix[i] : rules.rest;
      if (item == nullptr) {
        break;
      }
      if (!check_item(*item, spot, i)) {
        return false;
      }
      note_item(evaluated, i);
    }
    return check_contains(rules, spot, evaluated) && (!rules.unique || check_unique(spot));
  }
  bool check_item(const Node &node, const Spot &spot, std::size_t index) {
    const Path path{spot.path, nullptr, index};
    Evaluated inner;
    return check(node, {spot.value[index], &path, spot.scope, spot.depth}, inner);
  }
  bool check_contains(const ArrayRules &rules, const Spot &spot, Evaluated &evaluated) {
    if (rules.contains == nullptr) {
      return true;
    }
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < spot.value.size(); ++i) {
      if (quietly([&] { return check_item(*rules.contains, spot, i); })) {
        ++found;
        note_item(evaluated, i);
      }
    }
    if (found >= rules.contains_fewest && found <= rules.contains_most) {
      return true;
    }
    const bool few = found < rules.contains_fewest;
    return complaint_.fail(
        spot.path, "must hold " + std::string(few ? "at least " : "at most ") +
                       std::to_string(few ? rules.contains_fewest : rules.contains_most) + " of " +
                       describe(*rules.contains) + ", holds " + std::to_string(found));
  }
  bool check_unique(const Spot &spot) {
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < spot.value.size(); ++i) {
      if (!spend(1) || !seen.insert(canonical_text(spot.value[i])).second) {
        const Path path{spot.path, nullptr, i};
        return complaint_.fail(
            &path, "the same value stands earlier in the array, and no two may be equal");
      }
    }
    return true;
  }

  bool check_object(const Node &node, const Spot &spot, Evaluated &evaluated) {
    if (!spot.value.is_object()) {
      return true;
    }
    const ObjectRules &rules = node.object;
    for (const auto &[name, member] : spot.value.items()) {
      if (!check_member(rules, name, {member, spot.path, spot.scope, spot.depth}, evaluated)) {
        return false;
      }
    }
    for (const std::string &name : rules.required) {
      if (!spend(1) || !spot.value.contains(name)) {
        return complaint_.missing(rules, name, spot.path);
      }
    }
    const std::size_t size = spot.value.size();
    if (size < rules.fewest || size > rules.most) {
      return complaint_.wrong_size(node, kObject, spot.path, size);
    }
    return check_dependents(rules, spot, evaluated);
  }
  // spot.value is the member, spot.path still the object's.
  bool check_member(const ObjectRules &rules, const std::string &name, const Spot &spot,
                    Evaluated &evaluated) {
    const Path path{spot.path, &name, 0};
    const Spot member{spot.value, &path, spot.scope, spot.depth};
    if (rules.names != nullptr) {
      const Json name_value(name);
      Evaluated inner;
      if (!check(*rules.names, {name_value, &path, spot.scope, spot.depth}, inner)) {
        return false;
      }
    }
    bool known = false;
    const auto apply = [&](const Node &node) {
      known = true;
      Evaluated inner;
      return check(node, member, inner);
    };
    const auto property = rules.properties.find(name);
    if (property != rules.properties.end() && !apply(*property->second)) {
      return false;
    }
    for (const PatternRule &rule : rules.patterns) {
      if (spend(1) && RE2::PartialMatch(name, *rule.pattern) && !apply(*rule.node)) {
        return false;
      }
    }
    if (!known && rules.additional != nullptr) {
      if (rules.additional->always == false) {
        return complaint_.unknown(rules, name, path);
      }
      if (!apply(*rules.additional)) {
        return false;
      }
    }
    if (known) {
      note_name(evaluated, name);
    }
    return true;
  }
  bool check_dependents(const ObjectRules &rules, const Spot &spot, Evaluated &evaluated) {
    for (const auto &[name, others] : rules.dependent_required) {
      if (!spend(1) || !spot.value.contains(name)) {
        continue;
      }
      for (const std::string &other : others) {
        if (!spot.value.contains(other)) {
          const Path path{spot.path, &other, 0};
          return complaint_.fail(&path, "required together with " + name + ", but missing");
        }
      }
    }
    for (const auto &[name, node] : rules.dependent_schemas) {
      if (spot.value.contains(name) && !check(*node, spot, evaluated)) {
        return false;
      }
    }
    return true;
  }

  bool check_references(const Node &node, const Spot &spot, Evaluated &evaluated) {
    if (node.reference != nullptr && !check(*node.reference, spot, evaluated)) {
      return false;
    }
    return !node.dynamic || check(*find_dynamic(*node.dynamic, spot.scope), spot, evaluated);
  }
  static const Node *find_dynamic(const DynamicReference &reference, const Scope *scope) {
    const Node *found = reference.initial;
    if (reference.anchor.empty()) {
      return found;
    }
    for (; scope != nullptr; scope = scope->up) {
      const auto anchor = scope->resource->dynamic_anchors.find(reference.anchor);
      if (anchor != scope->resource->dynamic_anchors.end()) {
        found = anchor->second; // the outermost is met last
      }
    }
    return found;
  }

  bool check_logic(const Node &node, const Spot &spot, Evaluated &evaluated) {
    for (const Node *part : node.all_of) {
      if (!check(*part, spot, evaluated)) {
        return false;
      }
    }
    if (!node.any_of.empty() && !check_alternatives(node.any_of, spot, evaluated, false)) {
      return false;
    }
    if (!node.one_of.empty() && !check_alternatives(node.one_of, spot, evaluated, true)) {
      return false;
    }
    if (node.negated != nullptr) {
      Evaluated inner;
      if (quietly([&] { return check(*node.negated, spot, inner); })) {
        return complaint_.fail(spot.path, "expected anything but " + describe(*node.negated) +
                                              ", got " + show(spot.value));
      }
    }
    if (node.condition == nullptr) {
      return true;
    }
    Evaluated inner;
    const bool met = quietly([&] { return check(*node.condition, spot, inner); });
    if (met) {
      evaluated.merge(std::move(inner));
    }
    const Node *next = met ? node.consequence : node.alternative;
    return next == nullptr || check(*next, spot, evaluated);
  }

  // All alternatives are tried where their marks count; the failure told is that of the one that
  // came furthest.
  bool check_alternatives(const std::vector<const Node *> &nodes, const Spot &spot,
                          Evaluated &evaluated, bool exactly_one) {
    std::size_t matches = 0;
    const Failure before = complaint_.take();
    Failure best;
    for (const Node *node : nodes) {
      Evaluated inner;
      if (check(*node, spot, inner)) {
        ++matches;
        evaluated.merge(std::move(inner));
        if (!exactly_one && !schema_.tracks_evaluation) {
          break;
        }
      }
      if (Failure failure = complaint_.take(); failure.depth > best.depth) {
        best = std::move(failure);
      }
    }
    complaint_.put_back(before);
    if (matches == 1 || (matches > 1 && !exactly_one)) {
      return true;
    }
    if (matches > 1) {
      return complaint_.fail(spot.path, "fits " + std::to_string(matches) +
                                            " of the alternatives, and exactly one is allowed");
    }
    if (best.depth > depth_of(spot.path)) {
      complaint_.put_back(std::move(best));
      return false;
    }
    return complaint_.expected_one_of(nodes, spot.path, spot.value);
  }

  bool check_unevaluated(const Node &node, const Spot &spot, Evaluated &evaluated) {
    if (spot.value.is_array() && node.array.unevaluated != nullptr) {
      for (std::size_t i = 0; i < spot.value.size(); ++i) {
        if (!evaluated.items.contains(i) && !check_item(*node.array.unevaluated, spot, i)) {
          return false;
        }
        evaluated.items.insert(i);
      }
    }
    if (!spot.value.is_object() || node.object.unevaluated == nullptr) {
      return true;
    }
    for (const auto &[name, member] : spot.value.items()) {
      if (evaluated.names.contains(name)) {
        continue;
      }
      const Path path{spot.path, &name, 0};
      Evaluated inner;
      if (node.object.unevaluated->always == false) {
        return complaint_.unknown(node.object, name, path);
      }
      if (!check(*node.object.unevaluated, {member, &path, spot.scope, spot.depth}, inner)) {
        return false;
      }
      note_name(evaluated, name);
    }
    return true;
  }

  void note_name(Evaluated &evaluated, const std::string &name) const {
    if (schema_.tracks_evaluation) {
      evaluated.names.insert(name);
    }
  }
  void note_item(Evaluated &evaluated, std::size_t index) const {
    if (schema_.tracks_evaluation) {
      evaluated.items.insert(index);
    }
  }

  bool spend(std::size_t steps) {
    steps_ += steps;
    exhausted_ = exhausted_ || steps_ > limits::kSchemaSteps;
    return !exhausted_;
  }
  template <class F>
  bool quietly(F &&body) {
    complaint_.mute();
    const bool outcome = body();
    complaint_.unmute();
    return outcome && !exhausted_;
  }

  const CompiledSchema &schema_;
  std::size_t steps_ = 0;
  bool exhausted_ = false;
  Complaint complaint_;
};

} // namespace

Result<void> check_value(const CompiledSchema &schema, const Json &value) {
  return Checker(schema).run(value);
}

} // namespace mre::tools::schema
