#include "core/plugin_host/claim_stdout.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mre::plugin_host {
namespace {

// Above the standard three, so that a closed stderr cannot make the copy land on 2.
constexpr int kLowestCopy = 3;

Result<UniqueFd> claim(int descriptor, int replacement, const char *what) {
  UniqueFd copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, kLowestCopy));
  if (!copy) {
    return error_from_errno(errno, std::string("cannot take over ") + what);
  }
  if (::dup2(replacement, descriptor) < 0) {
    return error_from_errno(errno, std::string("cannot redirect ") + what);
  }
  return copy;
}

} // namespace

Result<UniqueFd> claim_stdout() {
  return claim(STDOUT_FILENO, STDERR_FILENO, "standard output");
}

Result<UniqueFd> claim_stdin() {
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) {
    return error_from_errno(errno, "cannot open /dev/null");
  }
  return claim(STDIN_FILENO, nothing.get(), "standard input");
}

} // namespace mre::plugin_host
