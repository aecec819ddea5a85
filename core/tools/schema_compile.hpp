// From a JSON document to a CompiledSchema.
//
// Promise: every keyword of the 2020-12 vocabularies that restricts values is understood or the
// schema is refused with the JSON pointer of the fault; unknown keywords are annotations. Nothing
// is fetched. Threads: pure.
#pragma once

#include "core/base/result.hpp"
#include "core/tools/json_schema.hpp"
#include "core/tools/schema_node.hpp"

#include <memory>

namespace mre::tools::schema {

Result<std::unique_ptr<CompiledSchema>> compile_document(Json document, SchemaOptions options);

// The pattern as RE2 reads it, or the reason why it cannot.
Result<std::unique_ptr<const RE2>> compile_pattern(const std::string &pattern);

} // namespace mre::tools::schema
