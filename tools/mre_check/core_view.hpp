// What the checks need of the server itself: its loader, its JSON Schema, its texts.
//
// A door of its own, because the server's headers and the plugin layer name things alike
// (mre::Error is one thing there and another here). Threads: pure, but for loading.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace mre_check {

using Json = nlohmann::json;
using Complaint = std::optional<std::string>; // nothing: all is well

Complaint schema_complaint(const std::string &schema);
Complaint misfit(const std::string &schema, const Json &value); // also when the schema is broken
// Whether the server would load the file, and take its descriptor.
Complaint load_complaint(const std::string &path);
Complaint descriptor_complaint(const std::string &path);

// The text, or in `why` why not.
std::optional<std::string> read_whole_file(const std::string &path, std::size_t limit,
                                           std::string &why);
std::string valid_utf8(const std::string &text);
std::string code_word(std::int32_t status); // "not_found"

} // namespace mre_check
