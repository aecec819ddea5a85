#include "core/plugin_host/claim_stdout.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>

namespace mre::plugin_host {
namespace {

// Above the standard three, so that a closed stderr cannot make the copy land on 2.
constexpr int kLowestCopy = 3;

// Where stray output waits. Of the process, as descriptor 1 is.
std::atomic<int> stray_output{-1};

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
  // Not blocking: a plugin that prints much loses it and does not hang.
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return claim(STDOUT_FILENO, STDERR_FILENO, "standard output");
  }
  const UniqueFd writer(ends[1]);
  stray_output = ends[0];
  return claim(STDOUT_FILENO, writer.get(), "standard output");
}

std::string take_stray_output(std::size_t most) {
  const int descriptor = stray_output;
  std::string taken;
  int waiting = 0;
  if (descriptor < 0) {
    return taken;
  }
  static_cast<void>(std::fflush(stdout));
  // What fits into a pipe and no more: another thread may print faster than this reads.
  constexpr int kPipeChunks = 16;
  for (int i = 0; i < kPipeChunks; ++i) {
    std::array<char, 4096> chunk{};
    if (::ioctl(descriptor, FIONREAD, &waiting) != 0 || waiting <= 0) {
      break;
    }
    const ssize_t count = ::read(descriptor, chunk.data(), chunk.size());
    if (count <= 0) {
      break;
    }
    taken.append(chunk.data(), std::min(static_cast<std::size_t>(count), most - taken.size()));
  }
  return taken;
}

Result<UniqueFd> claim_stdin() {
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) {
    return error_from_errno(errno, "cannot open /dev/null");
  }
  return claim(STDIN_FILENO, nothing.get(), "standard input");
}

} // namespace mre::plugin_host
