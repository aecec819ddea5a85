#include "core/cli/output.hpp"

#include "core/base/encoding.hpp"

namespace mre::cli {

std::string visible_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls (U+0080 to U+009F) are two bytes in UTF-8; a terminal may take U+009B for an
    // escape sequence.
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() &&
                       static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                       static_cast<unsigned char>(text[i + 1]) <= 0x9F;
    if (is_c1) {
      ++i;
      out += "\\u00" + hex_encode(text.substr(i, 1));
    } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
      out += "\\u00" + hex_encode(text.substr(i, 1));
    } else {
      out += text[i];
    }
  }
  return out;
}

void print_error(const Output &output, const Error &error) {
  output.err << "mcp-remote-exec: " + visible_text(error.message) + "\n";
  if (!error.hint.empty()) {
    output.err << "  " + visible_text(error.hint) + "\n";
  }
}

} // namespace mre::cli
