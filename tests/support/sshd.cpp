// Starting and ending a throwaway OpenSSH server.
#include "tests/support/sshd.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/network.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace mre::testing {

namespace {

// sshd insists on being called by an absolute path; it is outside an ordinary user's PATH.
const char *sshd_path() {
  for (const char *path : {"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"}) {
    if (::access(path, X_OK) == 0) {
      return path;
    }
  }
  return nullptr;
}

void make_key(const std::string &path, const std::string &type, const std::string &passphrase) {
  const auto made = run_program(
      {.command = {"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path}});
  if (made.exit_code() != 0) {
    throw std::runtime_error("ssh-keygen -t " + type + ": " + made.error);
  }
}

std::string user_name() {
  const passwd *entry = ::getpwuid(::geteuid());
  if (entry == nullptr) {
    throw std::runtime_error("the current user has no passwd entry");
  }
  return entry->pw_name;
}

// "ssh-ed25519 AAAA…" without the comment.
std::string key_words(const std::string &public_key_file) {
  const std::string line = read_whole_file(public_key_file);
  const auto second_blank = line.find(' ', line.find(' ') + 1);
  return line.substr(0, second_blank);
}

std::string host_pattern(std::uint16_t port) {
  return "[127.0.0.1]:" + std::to_string(port);
}

} // namespace

bool Sshd::is_available() {
  return sshd_path() != nullptr;
}

Sshd::Sshd(SshdOptions options)
    : options_(std::move(options)), folder_(0711), user_(user_name()),
      client_key_(folder_ / "client_key"), known_hosts_(folder_ / "known_hosts") {
  if (!is_available()) {
    throw std::runtime_error("no sshd on this machine (Debian: openssh-server)");
  }
  if (::geteuid() == 0) {
    ::mkdir("/run/sshd", 0755); // privilege separation wants it; without systemd nobody made it
  }
  for (const auto &type : options_.host_key_types) {
    make_key(host_key(type), type, {});
  }
  make_key(client_key_, "ed25519", {});
  // sshd reads it as the user who logs in, hence readable by all.
  write_whole_file(folder_ / "authorized_keys", read_whole_file(client_key_ + ".pub"), 0644);
  // Between bind(0) and sshd's own bind another program may take the port: then once more.
  for (int attempt = 0; process_ == nullptr; ++attempt) {
    port_ = free_port();
    write_config();
    try {
      start();
    } catch (const std::runtime_error &) {
      if (attempt == 4) {
        throw;
      }
    }
  }
  std::string known;
  for (const auto &type : options_.host_key_types) {
    known += host_pattern(port_) + " " + key_words(host_key(type) + ".pub") + "\n";
  }
  write_whole_file(known_hosts_, known);
}

Sshd::~Sshd() {
  stop();
}

void Sshd::write_config() {
  std::string text;
  for (const auto &line : options_.extra_config) {
    text += line + "\n";
  }
  // A bash that sshd starts reads ~/.bashrc when it believes to be the outermost shell: start-up
  // files of whoever runs the tests are no part of them, and may take longer than all the rest.
  text += "SetEnv SHLVL=1";
  for (const auto &[name, value] : options_.environment) {
    text += " \"" + name + "=" + value + "\""; // sshd takes one line of these
  }
  text += "\n";
  for (const auto &type : options_.host_key_types) {
    text += "HostKey " + host_key(type) + "\n";
  }
  const auto yes_no = [](bool value) { return value ? "yes\n" : "no\n"; };
  text += "Port " + std::to_string(port_) + "\nListenAddress 127.0.0.1\nPidFile none\n";
  text += "AuthorizedKeysFile " + (folder_ / "authorized_keys") +
          "\nStrictModes no\nPermitRootLogin yes\n";
  text += std::string("UsePAM ") + yes_no(options_.keyboard_interactive);
  text += std::string("KbdInteractiveAuthentication ") + yes_no(options_.keyboard_interactive);
  text += std::string("PasswordAuthentication ") + yes_no(options_.password_login);
  text += "MaxSessions " + std::to_string(options_.max_sessions) +
          "\nUseDNS no\nPrintMotd no\nPrintLastLog no\n";
  text += "LogLevel VERBOSE\n";
  if (options_.sftp) {
    text += "Subsystem sftp internal-sftp\n";
  }
  write_whole_file(folder_ / "sshd_config", text, 0644);
}

void Sshd::start() {
  write_whole_file(folder_ / "log", "");
  // Up to OpenSSH 9.7 the service of PAM is the name sshd is called by.
  std::string program = sshd_path();
  if (!options_.pam_service.empty()) {
    program = folder_ / options_.pam_service;
    static_cast<void>(::symlink(sshd_path(), program.c_str())); // there is one after a restart
  }
  std::vector<std::string> command = options_.launcher;
  command.insert(command.end(),
                 {program, "-D", "-f", folder_ / "sshd_config", "-E", folder_ / "log"});
  auto process = std::make_unique<Process>(ProcessOptions{
      .command = std::move(command),
      .environment = clean_environment(folder_.path()),
      .output = Connect::null,
      .error = Connect::null,
  });
  // The log says so; connecting instead would leave a half-open login in every test.
  const bool listening = eventually(
      [&] {
        return log().find("Server listening on") != std::string::npos || !process->is_running();
      },
      std::chrono::seconds(10));
  if (!listening || !process->is_running()) {
    throw std::runtime_error("sshd did not start: " + log());
  }
  process_ = std::move(process);
}

std::string Sshd::make_client_key(const std::string &name, const std::string &type,
                                  const std::string &passphrase) {
  const std::string path = folder_ / name;
  make_key(path, type, passphrase);
  return path;
}

void Sshd::authorize(const std::string &key_path) {
  std::ofstream file(folder_ / "authorized_keys", std::ios::app);
  file << read_whole_file(key_path + ".pub");
}

std::string Sshd::log() const {
  return read_whole_file(folder_ / "log");
}

std::vector<pid_t> Sshd::connections() const {
  std::vector<pid_t> serving;
  if (process_ == nullptr) {
    return serving;
  }
  for (const pid_t pid : descendants_of(process_->pid())) {
    // "sshd" up to OpenSSH 9.7, "sshd-session" and "sshd-auth" after it; what users run is none of
    // them.
    if (process_name(pid).rfind("sshd", 0) == 0) {
      serving.push_back(pid);
    }
  }
  return serving;
}

void Sshd::kill_connections() {
  for (const pid_t pid : connections()) {
    ::kill(pid, SIGKILL);
  }
  eventually([this] {
    for (const pid_t pid : connections()) {
      ::kill(pid, SIGKILL);
    }
    return connections().empty();
  });
}

void Sshd::stop() {
  thaw();
  if (process_ == nullptr) {
    return;
  }
  // The listener first stops accepting (frozen), so that no connection slips in between the two
  // kills.
  process_->signal(SIGSTOP);
  const auto serving = connections();
  for (const pid_t pid : serving) {
    ::kill(pid, SIGKILL);
  }
  process_->signal(SIGKILL);
  process_->wait(std::chrono::seconds(5));
  process_.reset();
  // A killed process closes its sockets a little later: only then does its client see the end.
  eventually([&] { return std::all_of(serving.begin(), serving.end(), has_ended); });
}

void Sshd::restart() {
  stop();
  start();
}

void Sshd::freeze() {
  for (const pid_t pid : connections()) {
    if (::kill(pid, SIGSTOP) == 0) {
      frozen_.push_back(pid);
    }
  }
}

void Sshd::thaw() {
  for (const pid_t pid : frozen_) {
    ::kill(pid, SIGCONT);
  }
  frozen_.clear();
}

std::string known_hosts_line_with_foreign_key(const Sshd &sshd) {
  const TemporaryFolder folder;
  make_key(folder / "foreign", "ed25519", {});
  return host_pattern(sshd.port()) + " " + key_words(folder / "foreign.pub") + "\n";
}

} // namespace mre::testing
