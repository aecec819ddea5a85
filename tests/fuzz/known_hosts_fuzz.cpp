// Lines of known_hosts and names matched against them: no line may match in one run and not in the
// next, and a hashed name always matches itself and never with a byte more.
#include "core/ssh/known_hosts_line.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

// A name and a file of lines in one input: the first line is the name.
void match_lines(std::string_view name, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const auto line = mre::ssh::parse_known_hosts_line(lines.substr(0, end));
    if (line &&
        mre::ssh::names_host(line->hosts, name) != mre::ssh::names_host(line->hosts, name)) {
      std::abort();
    }
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string text(data, data + size);
  const std::size_t end = text.find('\n');
  const std::string name = text.substr(0, end);
  match_lines(name, end == std::string::npos ? std::string_view()
                                             : std::string_view(text).substr(end + 1));
  const std::string hashed = mre::ssh::hash_host_name(name);
  if (!mre::ssh::is_hashed(hashed) || !mre::ssh::names_host(hashed, name) ||
      mre::ssh::names_host(hashed, name + "x")) {
    std::abort();
  }
  return 0;
}
