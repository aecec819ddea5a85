// Small files on this machine, without exceptions.
//
// Threads: pure functions over the file system.
#pragma once

#include "core/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace mre {

// Whoever names a pipe has a program at its other end that writes at once.
inline constexpr std::chrono::seconds kPipePatience{5};

// The whole file; too_large beyond max_bytes. A pipe is waited for, but not for ever.
Result<std::string> read_file(const std::string &path, std::size_t max_bytes,
                              std::chrono::milliseconds pipe_patience = kPipePatience);

// Makes the directory (and its parents) with mode 0700 and checks that it is ours and private.
Result<void> make_private_directory(const std::string &path);

// "~" and "~/x" become $HOME/x; everything else stays. Needs HOME when there is a tilde.
Result<std::string> expand_tilde(const std::string &path);

// The trust rule of surface section 3: file and folder belong to root or the user and nobody else
// may write (the owner's private group may: a group with the owner's name and no other members).
// Symbolic links are resolved first.
Result<void> check_trusted(const std::string &path);

} // namespace mre
