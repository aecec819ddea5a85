// What a test of ~/.ssh/config is read with: the real account, since ssh asks for it too.
//
// Threads: any. Lifetime: values.
#pragma once

#include "core/config/host_book.hpp"
#include "tests/support/catch.hpp"

#include <pwd.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace mre::test {

struct Account {
  std::string name, home;
};

// ssh looks only at the account, never at HOME.
inline Account account() {
  const struct passwd *found = ::getpwuid(::getuid());
  REQUIRE(found != nullptr);
  return {found->pw_name, found->pw_dir};
}

inline config::HostBookInput input_for(const std::string &file) {
  config::HostBookInput input;
  input.surroundings.home = account().home;
  input.surroundings.local_user = account().name;
  input.system_known_hosts = {"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"};
  input.pattern.known_hosts_files = {account().home + "/.ssh/known_hosts",
                                     "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"};
  input.ssh_config = config::SshConfigPlaces{file, "", true, account().home};
  input.variables = {{"MRE_TEST_PLACE", "/srv"}};
  return input;
}

using Values = std::vector<std::string>;

inline std::string joined(const Values &values) {
  std::string text;
  for (const std::string &value : values) {
    text += value + "\n";
  }
  return text;
}

} // namespace mre::test
