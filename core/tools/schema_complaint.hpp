// What is wrong with a value, put into words a model can act on.
//
// Promise: the first complaint counts; a muted one costs nothing. Values and names are not repeated
// at length: whoever sent them knows them. Threads: one. Lifetime: one validation.
#pragma once

#include "core/base/json.hpp"
#include "core/tools/schema_node.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mre::tools::schema {

// The way from the root to a value, as frames on the stack: a pointer is only written when
// something is wrong.
struct Path {
  const Path *up = nullptr;
  const std::string *key = nullptr;
  std::size_t index = 0;
};

std::size_t depth_of(const Path *path);

// How far into the value it was found; the deepest of several alternatives is the one that was
// meant.
struct Failure {
  std::size_t depth = 0;
  std::string text;
};

unsigned type_of(const Json &value); // as TypeBits
// A value in a few words.
std::string show(const Json &value);

class Complaint {
public:
  const std::string &text() const { return failure_.text; }
  // While muted nobody reads the words, so none are made.
  void mute() { ++muted_; }
  void unmute() { --muted_; }
  Failure take() { return std::exchange(failure_, {}); }
  void put_back(Failure failure) { failure_ = std::move(failure); }

  // All of these return false, the outcome of the check that calls them.
  bool fail(const Path *path, const std::string &text);
  bool expected(const Node &node, const Path *path, const Json &value);
  bool expected_one_of(const std::vector<const Node *> &nodes, const Path *path, const Json &value);
  // An array or object (a TypeBit) with too few or too many.
  bool wrong_size(const Node &node, unsigned type, const Path *path, std::size_t size);
  bool missing(const ObjectRules &rules, const std::string &name, const Path *above);
  bool unknown(const ObjectRules &rules, const std::string &name, const Path &path);

private:
  int muted_ = 0;
  Failure failure_;
};

} // namespace mre::tools::schema
