// What a handler's outcome has to fulfil before it may leave: a bounded size, the declared output,
// no secret. Threads: pure functions; the redactor may be used from any thread.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/guard/redactor.hpp"
#include "core/tools/call_context.hpp"
#include "core/tools/json_schema.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mre::mcp {

// Bytes of all strings and keys in the tree, with a little for each value: near what its text would
// take.
std::size_t approximate_bytes(const Json &value);

// too_large, or internal for output that does not fit the schema (null: anything fits). `blame`
// names tool and owner.
Result<void> check_result(const tools::ToolResult &result, const tools::JsonSchema *output,
                          const std::string &blame);

// internal for questions no client could answer: none at all, an unknown method, a key twice or
// empty.
Result<void> check_questions(const std::vector<tools::InputRequest> &requests,
                             const std::string &blame);

// The arguments without the values of those that their schema (null: none) marks as writeOnly:
// secrets that nobody shall read again, so that they are no part of a record.
Json without_secrets(Json arguments, const tools::JsonSchema *input);

void redact(tools::ToolResult &result, const guard::Redactor &redactor);
void redact(tools::ProtocolError &error, const guard::Redactor &redactor);

} // namespace mre::mcp
