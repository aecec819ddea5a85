#include "bench/content.hpp"

#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

namespace mre::bench {

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned state =
      1; // a linear congruential generator (Numerical Recipes); its high bits are even enough
  for (char &byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

void write_readable_file(const std::string &path, std::string_view bytes) {
  testing::write_whole_file(path, bytes, 0644);
  ::chmod(path.c_str(), 0644); // whatever the umask took
}

} // namespace mre::bench
