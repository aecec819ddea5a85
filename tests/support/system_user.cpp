// Accounts by useradd, chpasswd and userdel.
#include "tests/support/system_user.hpp"

#include "tests/support/process.hpp"

#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace mre::testing {

bool SystemUser::can_create() {
  return ::geteuid() == 0 && ::access("/usr/sbin/useradd", X_OK) == 0 &&
         ::access("/usr/sbin/chpasswd", X_OK) == 0;
}

SystemUser::SystemUser(std::string password)
    : name_("mretest" + std::to_string(::getpid())), password_(std::move(password)) {
  // Two in one process must not meet.
  static int serial = 0;
  name_ += "n" + std::to_string(serial++);
  home_ = "/home/" + name_;
  const auto added =
      run_program({.command = {"/usr/sbin/useradd", "--create-home", "--home-dir", home_, "--shell",
                               "/bin/dash", "--no-log-init", name_}});
  if (added.exit_code() != 0) {
    throw std::runtime_error("useradd " + name_ + ": " + added.error);
  }
  const auto set = run_program({.command = {"/usr/sbin/chpasswd"}}, name_ + ":" + password_ + "\n");
  if (set.exit_code() != 0) {
    throw std::runtime_error("chpasswd: " + set.error);
  }
}

SystemUser::~SystemUser() {
  // userdel refuses while one of its processes runs; these are the test's own, started as this
  // account.
  run_program({.command = {"/usr/bin/pkill", "-KILL", "-u", name_}});
  run_program({.command = {"/usr/sbin/userdel", "--remove", "--force", name_}});
}

} // namespace mre::testing
