// Host names: what a client names a host is only looked up, never followed; an unknown one is an
// error with a way out.
#include "core/config/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string name(data, data + size);
  mre::config::HostBook book;
  for (const char *known : {"web-1", "web-2", "bastion"}) {
    book.hosts[known].name = known;
  }
  const auto found = mre::config::resolve_host(book, name);
  const bool is_known = book.hosts.count(name) > 0;
  if (found.has_value() != is_known || (found && found->name != name)) {
    std::abort();
  }
  if (!found && (found.error().message.empty() || found.error().hint.empty())) {
    std::abort();
  }
  return 0;
}
