// The line splitter: however the bytes are cut, the same lines come, none of them over the limit.
#include "core/mcp/framing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kLimit = 16;

std::vector<std::string> split(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> lines;
  mre::mcp::LineSplitter splitter(kLimit, {[&](std::string_view line) {
                                             if (line.size() > kLimit) {
                                               std::abort();
                                             }
                                             lines.emplace_back(line);
                                           },
                                           [&] { lines.emplace_back("\n"); }});
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    splitter.push(bytes.substr(at, piece));
  }
  splitter.finish();
  return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(data, data + size);
  const auto whole = split(bytes, bytes.size() + 1);
  for (const std::size_t piece : {1U, 2U, 7U}) {
    if (split(bytes, piece) != whole) {
      std::abort();
    }
  }
  return 0;
}
