#include "descriptors.hpp"

#include "limits.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace mre_http {

std::size_t room_for_connections(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return wanted;
  }
  const rlim_t needed = wanted + limits::kOtherDescriptors;
  if (limit.rlim_cur >= needed) {
    return wanted;
  }
  const rlim_t others = std::min<rlim_t>(limits::kOtherDescriptors, limit.rlim_cur / 2);
  return std::max<std::size_t>(limit.rlim_cur - others, 1);
}

} // namespace mre_http
