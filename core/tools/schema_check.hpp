// Measuring a value against a compiled schema.
//
// Promise: at most kSchemaSteps evaluations and kSchemaDepth levels, then too_large; never throws.
// Threads: pure.
#pragma once

#include "core/base/result.hpp"
#include "core/tools/schema_node.hpp"

#include <string_view>

namespace mre::tools::schema {

Result<void> check_value(const CompiledSchema &schema, const Json &value);

bool is_of_format(Format format, std::string_view text);

} // namespace mre::tools::schema
