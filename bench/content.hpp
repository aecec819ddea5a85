// Bytes to move, and files that the throwaway account may read.
//
// Threads: pure functions. Failures throw std::runtime_error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mre::bench {

// Does not compress; the same for the same size.
std::string noise(std::size_t size);

void write_readable_file(const std::string &path, std::string_view bytes);

} // namespace mre::bench
