// What the requests of SFTP have in common with each other and with SftpCalls: see sftp_calls.hpp.
//
// Threads: pure functions, on the reactor thread where they touch a session.
#pragma once

#include "core/ssh/file_info.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <cstddef>
#include <string>

namespace mre::ssh {

// PATH_MAX of Linux, and more than any name a server may return.
inline constexpr std::size_t kPathBytes = 4096;

FileInfo to_info(const LIBSSH2_SFTP_ATTRIBUTES &attributes);

// A null handle as a code: its reason stands in the session.
long code_without_handle(LIBSSH2_SESSION *session);

inline unsigned length_of(const std::string &text) {
  return static_cast<unsigned>(text.size());
}

} // namespace mre::ssh
