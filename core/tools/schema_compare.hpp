// Numbers and equality as JSON Schema means them: 1 and 1.0 are the same number, true is not 1.
//
// Threads: pure functions.
#pragma once

#include "core/base/json.hpp"

#include <string>

namespace mre::tools::schema {

// -1, 0, 1; exact also where an integer of 64 bits meets a floating-point number.
int compare_numbers(const Json &a, const Json &b);
bool is_multiple(const Json &value, const Json &factor);
bool is_whole(const Json &number);

// Equal values, and only they, have equal texts.
std::string canonical_text(const Json &value);
bool is_equal(const Json &a, const Json &b);

} // namespace mre::tools::schema
