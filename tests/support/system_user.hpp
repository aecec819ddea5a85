// SystemUser: a throwaway account with a password, for logins that keys cannot test.
//
// Promise: made with useradd, removed with its home when the object goes; only root can make one,
// so tests ask can_create() first and skip loudly. Its shell is dash: an account's start-up files
// must not be part of the test. Threads: one. Failures throw std::runtime_error.
#pragma once

#include <string>

namespace mre::testing {

class SystemUser {
public:
  static bool can_create();

  explicit SystemUser(std::string password);
  ~SystemUser();
  SystemUser(const SystemUser &) = delete;
  SystemUser &operator=(const SystemUser &) = delete;

  const std::string &name() const { return name_; }
  const std::string &password() const { return password_; }
  const std::string &home() const { return home_; }

private:
  std::string name_;
  std::string password_;
  std::string home_;
};

} // namespace mre::testing
