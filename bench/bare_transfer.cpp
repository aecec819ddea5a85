#include "bench/bare_transfer.hpp"

#include "bench/statistics.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

namespace mre::bench {
namespace {

constexpr std::array<std::size_t, 3> kBuffers = {256U << 10U, 1U << 20U, 4U << 20U};
constexpr unsigned kPrivateFile = 0600;

// `transfer` moves a file once and returns its size. The median of each way, then the best of them.
BestRate best_of(const Endpoint &endpoint, int repetitions,
                 const std::function<std::size_t(BareSftp &, std::size_t buffer)> &transfer) {
  BestRate best;
  for (const Buffering buffering : {Buffering::memory, Buffering::direct}) {
    BareConnection connection(endpoint, buffering);
    BareSftp sftp(connection);
    for (const std::size_t buffer : kBuffers) {
      std::vector<double> rates;
      for (int turn = 0; turn < repetitions; ++turn) {
        const Time begin = now();
        const std::size_t size = transfer(sftp, buffer);
        rates.push_back(static_cast<double>(size) / 1e6 / seconds_since(begin));
      }
      if (median(rates) > best.megabytes_per_second) {
        best = {median(rates), std::string(buffering == Buffering::memory ? "memory" : "direct") +
                                   ", " + std::to_string(buffer >> 10U) + " KiB a call"};
      }
    }
  }
  return best;
}

} // namespace

BareSftp::BareSftp(BareConnection &connection) : connection_(connection) {
  sftp_ = connection_.finish_open("sftp", [&] { return libssh2_sftp_init(connection_.session()); });
}

BareSftp::~BareSftp() {
  try {
    connection_.finish("sftp shutdown", [&] { return libssh2_sftp_shutdown(sftp_); });
  } catch (const std::runtime_error &) {
    // The connection is dead; its destructor frees what is left.
  }
}

LIBSSH2_SFTP_HANDLE *BareSftp::open(const std::string &path, unsigned long flags) {
  return connection_.finish_open("sftp open", [&] {
    return libssh2_sftp_open_ex(sftp_, path.data(), static_cast<unsigned>(path.size()), flags,
                                kPrivateFile, LIBSSH2_SFTP_OPENFILE);
  });
}

void BareSftp::put(const std::string &path, std::string_view bytes, std::size_t buffer) {
  auto *file = open(path, LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_TRUNC);
  while (!bytes.empty()) {
    const long sent = connection_.finish("sftp write", [&] {
      return libssh2_sftp_write(file, bytes.data(), std::min(buffer, bytes.size()));
    });
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  connection_.finish("sftp close", [&] { return libssh2_sftp_close_handle(file); });
}

std::size_t BareSftp::get(const std::string &path, std::size_t buffer) {
  auto *file = open(path, LIBSSH2_FXF_READ);
  std::string bytes(buffer, '\0');
  std::size_t total = 0;
  for (;;) {
    const long got = connection_.finish(
        "sftp read", [&] { return libssh2_sftp_read(file, bytes.data(), bytes.size()); });
    if (got == 0) {
      break;
    }
    total += static_cast<std::size_t>(got);
  }
  connection_.finish("sftp close", [&] { return libssh2_sftp_close_handle(file); });
  return total;
}

BestRate best_put(const Endpoint &endpoint, const std::string &path, std::string_view bytes,
                  int repetitions) {
  return best_of(endpoint, repetitions, [&](BareSftp &sftp, std::size_t buffer) {
    sftp.put(path, bytes, buffer);
    return bytes.size();
  });
}

BestRate best_get(const Endpoint &endpoint, const std::string &path, int repetitions) {
  return best_of(endpoint, repetitions,
                 [&](BareSftp &sftp, std::size_t buffer) { return sftp.get(path, buffer); });
}

} // namespace mre::bench
