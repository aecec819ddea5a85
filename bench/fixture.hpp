// What every measurement runs against: an sshd of our own and an account whose shell starts
// quickly.
//
// Promise: as root the account is a throwaway one with dash (a developer's start-up files cost up
// to 50 times what is measured); otherwise the current user, and `slow_shell` says that figures are
// not comparable. Files lie in memory where /dev/shm exists. Threads: one. Failures throw
// std::runtime_error.
#pragma once

#include "tests/support/sshd.hpp"
#include "tests/support/system_user.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mre::bench {

// Where and as whom to log in.
struct Endpoint {
  std::uint16_t port = 0;
  std::string user;
  std::string key_file;
};

class Fixture {
public:
  // OpenSSH's own limits, or ones so wide that only the client's are felt.
  enum class Limits { openssh_defaults, wide, wide_on_many_ports };

  explicit Fixture(Limits limits = Limits::wide);

  Endpoint endpoint() const;
  // All ports it listens on: to a client, each is a machine of its own.
  const std::vector<std::uint16_t> &ports() const { return ports_; }
  testing::Sshd &sshd() { return sshd_; }
  bool slow_shell() const { return !account_; }

  // A known_hosts file in which the server's key stands for this port too (a proxy's).
  std::string known_hosts_for(std::uint16_t port) const;

  // A folder the account may write to, and one of ours.
  std::string remote_path(const std::string &name) const { return remote_folder_ + "/" + name; }
  std::string local_path(const std::string &name) const { return local_ / name; }

  // Lines of text, `size` bytes in all, readable by the account.
  std::string make_text_file(const std::string &name, std::size_t size) const;

private:
  std::optional<testing::SystemUser> account_;
  std::vector<std::uint16_t> ports_;
  testing::Sshd sshd_;
  testing::TemporaryFolder local_;
  std::string remote_folder_;
};

} // namespace mre::bench
