// What a schema expects, in words for its complaints. See schema_complaint.hpp.
#include "core/tools/schema_node.hpp"

#include <array>
#include <utility>

namespace mre::tools::schema {
namespace {

constexpr std::size_t kValuesShown = 12; // of an enum; more help nobody

std::string describe_values(const Json &values) {
  std::string out = values.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == kValuesShown) {
      return out + " or " + std::to_string(values.size() - i) + " others";
    }
    out += (i > 0 ? ", " : "") + dump_json(values[i]);
  }
  return out;
}

// " of 1 to 5 items", " of at least 1 item"
std::string describe_count(std::uint64_t fewest, std::uint64_t most, const char *unit) {
  const auto noun = [&](std::uint64_t count) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  if (most == kUnbounded) {
    return fewest == 0 ? "" : " of at least " + noun(fewest);
  }
  if (fewest == most) {
    return " of exactly " + noun(most);
  }
  return fewest == 0 ? " of at most " + noun(most)
                     : " of " + std::to_string(fewest) + " to " + noun(most);
}

std::string describe_range(const NumberRules &rules) {
  std::string out;
  if (rules.minimum != nullptr && rules.maximum != nullptr) {
    out = " from " + dump_json(*rules.minimum) + " to " + dump_json(*rules.maximum);
  } else if (rules.minimum != nullptr) {
    out = " of at least " + dump_json(*rules.minimum);
  } else if (rules.maximum != nullptr) {
    out = " of at most " + dump_json(*rules.maximum);
  }
  if (rules.exclusive_minimum != nullptr) {
    out += " greater than " + dump_json(*rules.exclusive_minimum);
  }
  if (rules.exclusive_maximum != nullptr) {
    out += " less than " + dump_json(*rules.exclusive_maximum);
  }
  if (rules.multiple_of != nullptr) {
    out += " that is a multiple of " + dump_json(*rules.multiple_of);
  }
  return out;
}

std::string describe_string(const StringRules &rules) {
  std::string out = "a string";
  // "of at least 1 character" is a long way to say what a person calls not empty.
  if (rules.shortest == 1 && rules.longest == kUnbounded) {
    out = "a string that is not empty";
  } else {
    out += describe_count(rules.shortest, rules.longest, "character");
  }
  if (rules.pattern) {
    out += " that matches " + rules.pattern->pattern();
  }
  return out;
}

std::string describe_object(const ObjectRules &rules) {
  std::string out = "an object" + describe_count(rules.fewest, rules.most, "member");
  for (std::size_t i = 0; i < rules.required.size(); ++i) {
    out += (i == 0 ? " with " : ", ") + rules.required[i];
  }
  return out;
}

} // namespace

std::string describe(const Node &node) {
  if (node.always) {
    return *node.always ? "any value" : "no value";
  }
  if (node.constant != nullptr) {
    return dump_json(*node.constant);
  }
  if (node.one_of_values != nullptr) {
    return describe_values(*node.one_of_values);
  }
  std::string out;
  const auto add = [&](unsigned bit, const std::string &words) {
    if ((node.types & bit) != 0) {
      out += (out.empty() ? "" : " or ") + words;
    }
  };
  if ((node.types & kNumber) != 0) {
    add(kNumber, "a number" + describe_range(node.number));
  } else {
    add(kInteger, "an integer" + describe_range(node.number));
  }
  add(kString, describe_string(node.string));
  add(kBoolean, "true or false");
  add(kArray, "an array" + describe_count(node.array.fewest, node.array.most, "item"));
  add(kObject, describe_object(node.object));
  add(kNull, "null");
  if (!out.empty()) {
    return out;
  }
  if (node.reference != nullptr) {
    // References never lead in a circle, so this ends.
    return describe(*node.reference);
  }
  if (!node.object.required.empty()) {
    return describe_object(node.object);
  }
  const std::string range = describe_range(node.number);
  if (!range.empty()) {
    return "a number" + range;
  }
  if (node.string.pattern || node.string.shortest > 0 || node.string.longest != kUnbounded) {
    return describe_string(node.string);
  }
  return "another value";
}

} // namespace mre::tools::schema
