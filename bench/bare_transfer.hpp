// The floor for files: libssh2's SFTP without temporary names, digests or checks.
//
// Threads: the caller's. Failures throw std::runtime_error.
#pragma once

#include "bench/bare_connection.hpp"

#include <libssh2_sftp.h>

#include <cstddef>
#include <string>

namespace mre::bench {

class BareSftp {
public:
  explicit BareSftp(BareConnection &connection);
  ~BareSftp();
  BareSftp(const BareSftp &) = delete;
  BareSftp &operator=(const BareSftp &) = delete;

  // Through memory, `buffer` bytes a call: that is libssh2's window.
  void put(const std::string &path, std::string_view bytes, std::size_t buffer);
  std::size_t get(const std::string &path, std::size_t buffer);

private:
  LIBSSH2_SFTP_HANDLE *open(const std::string &path, unsigned long flags);

  BareConnection &connection_;
  LIBSSH2_SFTP *sftp_ = nullptr;
};

// The best rate in MB/s over both ways of buffering and the useful sizes of a call.
struct BestRate {
  double megabytes_per_second = 0;
  std::string how;
};
BestRate best_put(const Endpoint &endpoint, const std::string &path, std::string_view bytes,
                  int repetitions);
BestRate best_get(const Endpoint &endpoint, const std::string &path, int repetitions);

} // namespace mre::bench
