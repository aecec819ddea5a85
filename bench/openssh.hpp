// What people use today, as a yardstick: `ssh` through a ControlMaster, and `sftp`.
//
// Threads: the caller's. Failures throw std::runtime_error. Lifetime: the master ends with the
// object.
#pragma once

#include "bench/fixture.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mre::bench {

class OpenSsh {
public:
  explicit OpenSsh(const Fixture &fixture) : OpenSsh(fixture, fixture.endpoint().port) {}
  OpenSsh(const Fixture &fixture, std::uint16_t port); // a proxy's
  ~OpenSsh();
  OpenSsh(const OpenSsh &) = delete;
  OpenSsh &operator=(const OpenSsh &) = delete;

  // Milliseconds of one `ssh host COMMAND` through the master, which the first call starts.
  double exec_milliseconds(const std::string &command);
  // Milliseconds of one `sftp -b` run of its own connection.
  double sftp_milliseconds(const std::string &batch_line) const;

private:
  std::vector<std::string> common() const;
  std::vector<std::string> ssh_command() const;

  Endpoint endpoint_;
  testing::TemporaryFolder folder_;
  std::string known_hosts_;
};

} // namespace mre::bench
