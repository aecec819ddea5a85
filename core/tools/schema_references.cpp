#include "core/tools/schema_references.hpp"

#include "core/tools/schema_uri.hpp"

#include <charconv>
#include <optional>

namespace mre::tools::schema {
namespace {

std::string unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

const Json *step_into(const Json &value, const std::string &token) {
  if (value.is_array()) {
    std::size_t index = 0;
    const char *end = token.data() + token.size();
    const auto [last, problem] = std::from_chars(token.data(), end, index);
    return problem == std::errc() && last == end && index < value.size() ? &value[index] : nullptr;
  }
  return find_member(value, token);
}

// The nodes that are measured against the same value as this one.
std::vector<const Node *> in_place(const Node &node) {
  std::vector<const Node *> out;
  for (const auto *list : {&node.all_of, &node.any_of, &node.one_of}) {
    out.insert(out.end(), list->begin(), list->end());
  }
  for (const auto &[name, dependent] : node.object.dependent_schemas) {
    out.push_back(dependent);
  }
  for (const Node *one : {node.negated, node.condition, node.consequence, node.alternative,
                          node.reference, node.dynamic ? node.dynamic->initial : nullptr}) {
    if (one != nullptr) {
      out.push_back(one);
    }
  }
  return out;
}

} // namespace

bool References::add_resource(Resource &resource, const Json &json, const std::string &pointer) {
  const auto [place, added] = places_.try_emplace(resource.uri, Place{&resource, &json, pointer});
  return added || place->second.json == &json;
}

Result<void> References::resolve_all() {
  // Grows while it runs: a place that only a reference reaches may hold references of its own.
  for (std::size_t i = 0; i < references_.size(); ++i) {
    const Reference reference = references_[i];
    std::string anchor;
    MRE_TRY(const Node *target, find(reference, anchor));
    if (compiler_.has_failed()) {
      return {};
    }
    if (reference.dynamic) {
      reference.from->dynamic = DynamicReference{target, anchor};
    } else {
      reference.from->reference = target;
    }
  }
  return refuse_circles();
}

Result<const Node *> References::find(const Reference &reference, std::string &anchor) {
  const UriReference parts = split_fragment(reference.text);
  const std::string uri = resolve_uri(reference.resource->uri, parts.without_fragment);
  const auto place = places_.find(uri);
  if (place == places_.end()) {
    return Error{Errc::bad_argument,
                 reference.pointer + ": '" + reference.text +
                     "' refers outside this schema, and nothing is fetched",
                 "put it under $defs"};
  }
  if (parts.fragment.empty() || parts.fragment.starts_with('/')) {
    return find_by_pointer(place->second, parts.fragment, reference);
  }
  const Resource &resource = *place->second.resource;
  const auto found = resource.anchors.find(parts.fragment);
  if (found == resource.anchors.end()) {
    return Error{Errc::bad_argument,
                 reference.pointer + ": there is no anchor '" + parts.fragment + "'",
                 {}};
  }
  if (resource.dynamic_anchors.contains(parts.fragment)) {
    anchor = parts.fragment;
  }
  return found->second;
}

Result<const Node *> References::find_by_pointer(const Place &place, const std::string &fragment,
                                                 const Reference &reference) {
  const Json *json = place.json;
  for (std::size_t at = 0; at < fragment.size() && json != nullptr;) {
    const std::size_t end = std::min(fragment.find('/', at + 1), fragment.size());
    json =
        step_into(*json, unescape_token(std::string_view(fragment).substr(at + 1, end - at - 1)));
    at = end;
  }
  if (json == nullptr) {
    return Error{Errc::bad_argument,
                 reference.pointer + ": there is nothing at '" + reference.text + "'",
                 {}};
  }
  const auto known = nodes_.find(json);
  return known != nodes_.end() ? known->second
                               : compiler_.compile(*json, place.pointer + fragment, place.resource);
}

// Takes away, again and again, what leads nowhere; what is left leads in a circle.
Result<void> References::refuse_circles() const {
  std::map<const Node *, std::size_t> open; // edges not yet taken away
  std::map<const Node *, std::vector<const Node *>> into;
  std::vector<const Node *> done;
  for (const Node &node : schema_.nodes) {
    const auto next = in_place(node);
    open[&node] = next.size();
    for (const Node *target : next) {
      into[target].push_back(&node);
    }
    if (next.empty()) {
      done.push_back(&node);
    }
  }
  for (std::size_t i = 0; i < done.size(); ++i) {
    for (const Node *from : into[done[i]]) {
      if (--open[from] == 0) {
        done.push_back(from);
      }
    }
  }
  if (done.size() == schema_.nodes.size()) {
    return {};
  }
  for (const Node &node : schema_.nodes) {
    if (open[&node] > 0) {
      return Error{Errc::bad_argument,
                   (node.pointer.empty() ? "the schema" : node.pointer) +
                       ": its references lead in a circle",
                   {}};
    }
  }
  return {};
}

} // namespace mre::tools::schema
