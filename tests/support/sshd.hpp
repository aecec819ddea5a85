// Sshd: a real OpenSSH server of the test's own on 127.0.0.1, gone without a trace when the object
// goes.
//
// Promise: own port, host keys, client keys, authorized_keys and known_hosts in a temporary folder;
// works as root and as an ordinary user (then only that user can log in, by key). Every wait is
// bounded; failures throw std::runtime_error. Threads: one. Lifetime: the server lives as long as
// the object; processes that clients started are not its own and stay.
//
//   Sshd sshd;
//   connect(sshd.port(), sshd.user(), sshd.client_key(), sshd.known_hosts());
#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mre::testing {

struct SshdOptions {
  std::vector<std::string> host_key_types{"ed25519"}; // of ed25519, ecdsa, rsa
  int max_sessions = 10;                              // OpenSSH's default
  bool password_login = false;                        // useful only as root, with a SystemUser
  bool keyboard_interactive = false;                  // through PAM; only as root
  std::string pam_service{}; // of keyboard_interactive, beginning with "sshd"; empty: sshd's own
  bool sftp = true;          // false: a server without the subsystem
  std::vector<std::string>
      extra_config{};        // whole lines of sshd_config; the first setting of a name wins
  Environment environment{}; // of everything a client starts
  std::vector<std::string> launcher{}; // words before sshd's own; becomes the sshd by exec
};

class Sshd {
public:
  // False where no sshd is installed: tests skip loudly then.
  static bool is_available();

  explicit Sshd(SshdOptions options = {});
  ~Sshd();
  Sshd(const Sshd &) = delete;
  Sshd &operator=(const Sshd &) = delete;

  std::uint16_t port() const { return port_; }
  const std::string &user() const { return user_; } // who runs the tests
  const std::string &client_key() const {
    return client_key_;
  } // ed25519, no passphrase, authorized
  const std::string &known_hosts() const { return known_hosts_; }
  const TemporaryFolder &folder() const { return folder_; } // searchable by other users
  std::string host_key(const std::string &type) const {
    return folder_ / ("host_" + type);
  } // and .pub beside it

  // Another client key; type as for ssh-keygen -t. authorize() lets it in.
  std::string make_client_key(const std::string &name, const std::string &type,
                              const std::string &passphrase = {});
  void authorize(const std::string &key_path);

  // Everything sshd wrote (LogLevel VERBOSE).
  std::string log() const;
  // Processes that serve a connection; two per connection of a user who is not root.
  std::vector<pid_t> connections() const;

  void kill_connections(); // as when the network breaks: no goodbye
  void stop();             // no listener, no connections
  void restart();          // on the same port; connections are killed
  void freeze();           // connections fall silent: their processes stop, sockets stay open
  void thaw();

private:
  void write_config();
  void start();

  SshdOptions options_;
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::string user_;
  std::string client_key_;
  std::string known_hosts_;
  std::unique_ptr<Process> process_;
  std::vector<pid_t> frozen_;
};

// A second entry for a known_hosts file: the same server under a key that is not its own.
std::string known_hosts_line_with_foreign_key(const Sshd &sshd);

} // namespace mre::testing
