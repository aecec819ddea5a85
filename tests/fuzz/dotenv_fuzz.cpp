// The settings file's parser: whatever the bytes are, it ends, and says the same of them twice; a
// value it read is read again from a file that holds it in single quotes.
#include "core/config/dotenv.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string text(data, data + size);
  const auto first = mre::config::parse_dotenv(text);
  const auto second = mre::config::parse_dotenv(text);
  if (first.variables != second.variables || first.complaints != second.complaints) {
    std::abort();
  }
  for (const auto &[name, value] : first.variables) {
    if (value.find_first_of("'\n\r") != std::string::npos ||
        value.find('\0') != std::string::npos) {
      continue; // single quotes hold neither
    }
    const auto again = mre::config::parse_dotenv(name + "='" + value + "'\n");
    const auto found = again.variables.find(name);
    if (found == again.variables.end() || found->second != value) {
      std::abort();
    }
  }
  return 0;
}
