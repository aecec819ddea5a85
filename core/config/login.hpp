// How to log in to one host: from what was configured for it to the methods in the order they are
// tried.
//
// Promise: the agent and the default key files are used only when the host has no credential of its
// own, or when its `auth` names the agent; a key file that cannot be read is a complaint now, not
// at the first command.
// Threads: pure over its arguments and the file system.
#pragma once

#include "core/config/host.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mre::config {

// What a host inherits from the machine and the user.
struct LoginSurroundings {
  std::string home;           // may be empty
  std::string base_directory; // where relative paths start
  std::string agent_socket;   // SSH_AUTH_SOCK, or empty
  std::string local_user;     // who runs this server
};

struct LoginInput {
  std::string where;    // how complaints name the host: "hosts.web-1", or empty for the variables
  std::string key_name; // how complaints name the key file: "SSH_KEY", "hosts.web-1.key"
  std::optional<std::string> key, passphrase, password;
  std::optional<std::vector<LoginMethod>> order; // `auth`
};

struct LoginFindings {
  std::vector<std::string> complaints, warnings;
};

// Fills key_files, passphrase, password, agent_socket and login_order.
LoginFindings configure_login(HostConfig &host, const LoginInput &input,
                              const LoginSurroundings &around);

// ~/.ssh/id_ed25519, id_ecdsa, id_rsa: those that exist, in that order.
std::vector<std::string> default_key_files(const std::string &home);

// Nothing when the file can be used as a private key file; else the reason.
std::optional<std::string> key_file_problem(const std::string &path);

} // namespace mre::config
