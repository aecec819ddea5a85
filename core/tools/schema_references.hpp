// The references of a schema, resolved after everything has been read.
//
// Promise: a reference ends at a node of the same document or the schema is refused; references
// that lead in a circle without ever going into the value are refused, since checking them would
// never end. Threads: one. Lifetime: during compilation.
#pragma once

#include "core/base/result.hpp"
#include "core/tools/schema_node.hpp"

#include <map>
#include <string>
#include <vector>

namespace mre::tools::schema {

// Compiles a place that only a reference reaches ("definitions" of older drafts).
class SubschemaCompiler {
public:
  virtual ~SubschemaCompiler() = default;
  virtual const Node *compile(const Json &json, const std::string &pointer, Resource *resource) = 0;
  virtual bool has_failed() const = 0;
};

struct Reference {
  Node *from = nullptr;
  Resource *resource = nullptr;
  std::string text;
  std::string pointer; // of the keyword, for messages
  bool dynamic = false;
};

class References {
public:
  References(CompiledSchema &schema, SubschemaCompiler &compiler)
      : schema_(schema), compiler_(compiler) {}

  // False when another place has this URI.
  bool add_resource(Resource &resource, const Json &json, const std::string &pointer);
  void add_node(const Json &json, const Node &node) { nodes_.emplace(&json, &node); }
  void add(Reference reference) { references_.push_back(std::move(reference)); }
  Result<void> resolve_all();

private:
  struct Place {
    Resource *resource = nullptr;
    const Json *json = nullptr;
    std::string pointer;
  };
  Result<const Node *> find(const Reference &reference, std::string &anchor);
  Result<const Node *> find_by_pointer(const Place &place, const std::string &fragment,
                                       const Reference &reference);
  Result<void> refuse_circles() const;

  CompiledSchema &schema_;
  SubschemaCompiler &compiler_;
  std::map<std::string, Place> places_; // by URI
  std::map<const Json *, const Node *> nodes_;
  std::vector<Reference> references_;
};

} // namespace mre::tools::schema
