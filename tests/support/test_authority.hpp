// TestAuthority: a certificate authority of the test's own, and a server certificate it signed.
//
// Promise: valid for 127.0.0.1 and localhost for a day; nobody outside the test trusts it. Failures
// throw std::runtime_error. Threads: one. Lifetime: the files live in the folder that was given.
#pragma once

#include "tests/support/temporary_folder.hpp"

#include <string>

namespace mre::testing {

struct TestAuthorityOptions {
  std::string host_name =
      "localhost"; // beside 127.0.0.1; another name makes certificates of others
  bool is_for_loopback = true;
};

class TestAuthority {
public:
  explicit TestAuthority(const TemporaryFolder &folder, const TestAuthorityOptions &options = {});

  const std::string &ca_file() const { return ca_file_; }
  const std::string &certificate_file() const { return certificate_file_; }
  const std::string &key_file() const { return key_file_; }

private:
  std::string ca_file_, certificate_file_, key_file_;
};

} // namespace mre::testing
