// A JSON Schema 2020-12 validator with bounds.
//
// Promise: compile() refuses, with the JSON pointer, a schema that is malformed, of another
// dialect, or refers outside itself (nothing is ever fetched); validate() ends within kSchemaSteps
// evaluations, never throws, and names the first violation by the JSON pointer of the value and
// what was expected, in words a model can act on. Lives in this room because plugin_host needs it
// too. Patterns are RE2's: linear in time, without look-around and back references, which are
// refused. Threads: a compiled schema is immutable and shared.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"

#include <concepts>
#include <memory>
#include <string>
#include <string_view>

namespace mre::tools {

struct SchemaOptions {
  // 2020-12 makes `format` an annotation; answers of people (elicitation) are checked against
  // email, uri, date and date-time.
  bool assert_formats = false;
};

class JsonSchema {
public:
  static Result<std::shared_ptr<const JsonSchema>> compile(std::string_view schema_text,
                                                           SchemaOptions options = {});
  // Json exactly: a string would otherwise convert to either.
  template <std::same_as<Json> Document>
  static Result<std::shared_ptr<const JsonSchema>> compile(const Document &schema,
                                                           SchemaOptions options = {}) {
    return compile_document(schema, options);
  }
  ~JsonSchema();
  JsonSchema(const JsonSchema &) = delete;
  JsonSchema &operator=(const JsonSchema &) = delete;

  // bad_argument: "/timeout: expected an integer from 1 to 300, got 0".
  Result<void> validate(const Json &value) const;
  const Json &document() const;

private:
  struct Impl;
  static Result<std::shared_ptr<const JsonSchema>> compile_document(const Json &schema,
                                                                    SchemaOptions options);
  explicit JsonSchema(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace mre::tools
