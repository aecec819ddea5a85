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
  if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
    // The soft limit is low for the sake of select(2), which nobody here calls.
    rlimit raised = limit;
    raised.rlim_cur = std::min(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
      limit = raised;
    }
  }
  if (limit.rlim_cur >= needed) {
    return wanted;
  }
  const rlim_t others = std::min<rlim_t>(limits::kOtherDescriptors, limit.rlim_cur / 2);
  return std::max<std::size_t>(limit.rlim_cur - others, 1);
}

} // namespace mre_http
