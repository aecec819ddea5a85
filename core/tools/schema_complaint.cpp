#include "core/tools/schema_complaint.hpp"

#include "core/base/nearest.hpp"
#include "core/base/utf8.hpp"
#include "core/tools/schema_compare.hpp"

#include <set>

namespace mre::tools::schema {
namespace {

constexpr std::size_t kKeyShown = 100; // characters of one member's name

std::string pointer_of(const Path *path) {
  if (path == nullptr || path->up == nullptr) {
    return {};
  }
  const std::string token = path->key == nullptr ? std::to_string(path->index) : *path->key;
  const std::size_t shown = utf8::prefix_bytes(token, kKeyShown);
  std::string escaped;
  for (const char c : std::string_view(token).substr(0, shown)) {
    escaped += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  }
  return pointer_of(path->up) + "/" + escaped + (shown < token.size() ? "..." : "");
}

} // namespace

std::size_t depth_of(const Path *path) {
  std::size_t depth = 0;
  for (; path != nullptr && path->up != nullptr; path = path->up) {
    ++depth;
  }
  return depth;
}

std::string show(const Json &value) {
  constexpr std::size_t kShown = 60;
  if (value.is_object()) {
    return "an object";
  }
  if (value.is_array()) {
    return "an array of " + std::to_string(value.size());
  }
  std::string text = dump_json(value);
  if (text.size() > kShown) {
    const std::size_t characters =
        utf8::count(value.is_string() ? value.get_ref<const std::string &>() : text);
    return "a string of " + std::to_string(characters) + " characters";
  }
  return text;
}

unsigned type_of(const Json &value) {
  switch (value.type()) {
  case Json::value_t::null:
    return kNull;
  case Json::value_t::boolean:
    return kBoolean;
  case Json::value_t::string:
    return kString;
  case Json::value_t::array:
    return kArray;
  case Json::value_t::object:
    return kObject;
  default:
    return is_whole(value) ? kInteger | kNumber : kNumber;
  }
}

bool Complaint::fail(const Path *path, const std::string &text) {
  if (muted_ == 0 && failure_.text.empty()) {
    const std::string pointer = pointer_of(path);
    failure_ = {depth_of(path), pointer.empty() ? text : pointer + ": " + text};
  }
  return false;
}

bool Complaint::expected(const Node &node, const Path *path, const Json &value) {
  return muted_ > 0 ? false : fail(path, "expected " + describe(node) + ", got " + show(value));
}

bool Complaint::expected_one_of(const std::vector<const Node *> &nodes, const Path *path,
                                const Json &value) {
  if (muted_ > 0) {
    return false;
  }
  std::set<std::string> said;
  std::string text;
  for (const Node *node : nodes) {
    const std::string words = describe(*node);
    if (said.insert(words).second) {
      text += (text.empty() ? "" : " or ") + words;
    }
  }
  return fail(path, "expected " + text + ", got " + show(value));
}

bool Complaint::wrong_size(const Node &node, unsigned type, const Path *path, std::size_t size) {
  if (muted_ > 0) {
    return false;
  }
  Node only; // with nothing but its size, so that nothing else is described
  only.types = type;
  only.array.fewest = node.array.fewest;
  only.array.most = node.array.most;
  only.object.fewest = node.object.fewest;
  only.object.most = node.object.most;
  return fail(path, "expected " + describe(only) + ", got " + std::to_string(size));
}

bool Complaint::missing(const ObjectRules &rules, const std::string &name, const Path *above) {
  if (muted_ > 0) {
    return false;
  }
  const Path path{above, &name, 0};
  const auto property = rules.properties.find(name);
  const std::string what =
      property == rules.properties.end() ? "another value" : describe(*property->second);
  return fail(&path, what == "another value" ? "required, but missing"
                                             : "required, but missing; expected " + what);
}

bool Complaint::unknown(const ObjectRules &rules, const std::string &name, const Path &path) {
  if (muted_ > 0) {
    return false;
  }
  std::vector<std::string> names;
  for (const auto &[known, node] : rules.properties) {
    names.push_back(known);
  }
  std::string text = depth_of(&path) == 1 ? "unknown argument" : "unknown member";
  const std::string near = nearest_name(name, names);
  if (!near.empty()) {
    return fail(&path, text + "; nearest: " + near);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "; known: " : ", ") + names[i];
  }
  return fail(&path, text);
}

} // namespace mre::tools::schema
