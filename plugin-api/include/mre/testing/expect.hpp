// mre/testing/expect.hpp - the smallest test there is, for plugins that want no framework.
//
//   int main() {
//     MRE_EXPECT(1 + 1 == 2);
//     return mre::testing::failures();
//   }
// Threads: one.
#pragma once

#include <cstdio>

namespace mre {
namespace testing {

inline int &failures() {
  static int count = 0;
  return count;
}
inline void expect(bool holds, const char *what, const char *file, int line) {
  if (!holds) {
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    ++failures();
  }
}

} // namespace testing
} // namespace mre

#define MRE_EXPECT(condition)                                                                      \
  ::mre::testing::expect(static_cast<bool>(condition), #condition, __FILE__, __LINE__)
