// A schema and a value, one line each: neither may crash the validator, hang it, or get an empty
// complaint.
#include "core/tools/json_schema.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const std::size_t line = text.find('\n');
  mre::tools::SchemaOptions options;
  options.assert_formats = true;
  const auto schema = mre::tools::JsonSchema::compile(text.substr(0, line), options);
  if (!schema) {
    if (schema.error().message.empty()) {
      std::abort();
    }
    return 0;
  }
  const auto value = mre::parse_json(line == std::string_view::npos ? std::string_view("null")
                                                                    : text.substr(line + 1));
  if (value) {
    const auto outcome = (*schema)->validate(*value);
    if (!outcome && outcome.error().message.empty()) {
      std::abort();
    }
  }
  return 0;
}
