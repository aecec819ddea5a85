#include "core/cli/host_checkup.hpp"

#include "core/base/unique_fd.hpp"
#include "core/ssh/host_probe.hpp"
#include "core/ssh/known_hosts.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/run_and_collect.hpp"
#include "core/ssh/sftp_calls.hpp"

#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>

namespace mre::cli {
namespace {

constexpr Milliseconds kCommandPatience{20000}; // start-up files of half a minute are broken ones
// A shell without start-up files answers in a few milliseconds; a fifth of a second is felt.
constexpr Milliseconds kSlowShell{200};
constexpr std::int64_t kSkewSeconds = 5; // what certificates, tokens and build tools begin to mind
constexpr std::size_t kFewSessions = 4;  // one for the kill, one for files: two are left
constexpr std::size_t kAddressesShown = 4;

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

std::string in_milliseconds(Milliseconds span) {
  return std::to_string(span.count()) + " ms";
}

// What OpenSSH itself no longer offers by default.
bool is_weak(const std::string &algorithm) {
  return algorithm == "ssh-rsa" || algorithm == "ssh-dss" ||
         algorithm.find("sha1") != std::string::npos ||
         algorithm.find("md5") != std::string::npos ||
         algorithm.find("-cbc") != std::string::npos ||
         algorithm.find("arcfour") != std::string::npos;
}

Finding check_key_file(const std::string &path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Finding::warning("key", "there is no key file " + path,
                            "correct the path, or make one with ssh-keygen");
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return Finding::failed("key", {Errc::denied, "cannot read the key file " + path,
                                   "make it readable for the user this server runs as"});
  }
  if ((info.st_mode & 077) != 0) {
    return Finding::warning("key", "others on this machine may read " + path,
                            "chmod 600 '" + path + "'");
  }
  return Finding::good("key", path);
}

class HostCheckup {
public:
  HostCheckup(const CheckupParts &parts, const config::HostConfig &host)
      : parts_(parts), host_(host), never_(::eventfd(0, EFD_CLOEXEC)) {}

  Findings run() {
    if (host_.obstacle) {
      add(Finding::failed("configuration", *host_.obstacle));
      return std::move(findings_);
    }
    check_files();
    const bool is_found = host_.jumps.empty() ? check_name() : check_way();
    if (is_found && check_login() && check_command()) {
      check_sftp();
      check_clock();
    }
    return std::move(findings_);
  }

private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  void check_files();
  bool check_name();
  bool check_way();
  bool check_login();
  ssh::BoundedWait bounds() const {
    return {parts_.clock, Deadline::after(parts_.clock, host_.connect_timeout), never_.get()};
  }
  void tell_login_failure(const Error &error);
  void tell_facts(const ssh::HostFacts &facts);
  void tell_sessions(const ssh::HostFacts &facts);
  bool check_command();
  void check_sftp();
  void check_clock();
  Result<ssh::Collected> run_command(const std::string &command);

  const CheckupParts &parts_;
  const config::HostConfig &host_;
  const UniqueFd never_; // nothing ends a checkup early
  Findings findings_;
  std::unique_ptr<ssh::Link> first_link_; // through another host, not used yet
};

void HostCheckup::check_files() {
  for (const std::string &path : host_.key_files) {
    add(check_key_file(path));
  }
  const auto types = ssh::recorded_key_types(host_);
  if (!types) {
    add(Finding::failed("known hosts", types.error()));
  } else if (types->empty()) {
    add(Finding::skipped("known hosts", "no key is recorded for this host yet"));
  } else {
    add(Finding::good("known hosts", "recorded: " + joined(*types)));
  }
}

bool HostCheckup::check_name() {
  auto addresses = ssh::resolve_addresses(host_);
  if (!addresses) {
    add(Finding::failed("resolve", addresses.error()));
    return false;
  }
  std::sort(addresses->begin(), addresses->end());
  addresses->erase(std::unique(addresses->begin(), addresses->end()), addresses->end());
  if (addresses->size() > kAddressesShown) {
    addresses->resize(kAddressesShown);
  }
  add(Finding::good("resolve", host_.address + " is " + joined(*addresses)));
  return true;
}

// Behind another host: that one is connected, looks the name up and opens the way.
bool HostCheckup::check_way() {
  const SteadyTime begin = parts_.clock.now();
  auto link = parts_.engine.open_link(host_, bounds());
  if (!link) {
    add(Finding::failed("jump", link.error().within("through " + joined(host_.jumps))));
    return false;
  }
  const auto took = std::chrono::duration_cast<Milliseconds>(parts_.clock.now() - begin);
  add(Finding::good("jump",
                    "through " + joined(host_.jumps) + ", open after " + in_milliseconds(took)));
  add(Finding::good("resolve", host_.address + " is looked up by " + host_.jumps.back()));
  first_link_ = *std::move(link);
  return true;
}

bool HostCheckup::check_login() {
  const ssh::MakeLink make_link =
      [this](const ssh::BoundedWait &wait) -> Result<std::unique_ptr<ssh::Link>> {
    return first_link_ != nullptr ? Result(std::move(first_link_))
                                  : parts_.engine.open_link(host_, wait);
  };
  const auto facts = ssh::probe_host({host_, make_link, nullptr}, bounds(), parts_.log);
  if (!facts) {
    tell_login_failure(facts.error());
    return false;
  }
  tell_facts(*facts);
  return true;
}

// The code says how far it came.
void HostCheckup::tell_login_failure(const Error &error) {
  const bool is_key = error.code == Errc::host_key_unknown ||
                      error.code == Errc::host_key_changed || error.code == Errc::host_key_revoked;
  if (is_key || error.code == Errc::auth_failed) {
    add(Finding::good("connect", ssh::address_and_port(host_) + " is an SSH server"));
  }
  if (error.code == Errc::auth_failed) {
    add(Finding::good("host key", "it is the recorded one"));
  }
  add(Finding::failed(is_key                            ? "host key"
                      : error.code == Errc::auth_failed ? "login"
                                                        : "connect",
                      error));
}

void HostCheckup::tell_facts(const ssh::HostFacts &facts) {
  const std::string peer = host_.jumps.empty()
                               ? facts.peer
                               : ssh::address_and_port(host_) + " through " + host_.jumps.back();
  add(Finding::good("connect", peer + ", logged in after " + in_milliseconds(facts.login)));
  add(Finding::good("version", facts.server));
  std::vector<std::string> weak;
  std::vector<std::string> algorithms = {facts.key_exchange, facts.host_key_type, facts.cipher};
  if (facts.cipher.find("poly1305") == std::string::npos &&
      facts.cipher.find("gcm") == std::string::npos) { // those bring a MAC of their own
    algorithms.push_back(facts.mac);
  }
  for (const std::string &name : algorithms) {
    if (is_weak(name)) {
      weak.push_back(name);
    }
  }
  const std::string agreed = joined(algorithms);
  add(weak.empty()
          ? Finding::good("algorithms", agreed)
          : Finding::warning("algorithms", agreed + "; " + joined(weak) + " are no longer safe",
                             "update the server's sshd, or its list of algorithms"));
  add(Finding::good("host key", facts.host_key_fingerprint));
  add(Finding::good("login", host_.user + " by " + facts.login_method));
  tell_sessions(facts);
}

void HostCheckup::tell_sessions(const ssh::HostFacts &facts) {
  const std::string count = std::to_string(facts.sessions);
  if (!facts.sessions_refused) {
    add(Finding::good("sessions", count + " or more at once on one connection"));
  } else if (facts.sessions >= kFewSessions) {
    add(Finding::good("sessions", count + " at once on one connection (MaxSessions)"));
  } else {
    add(Finding::warning("sessions", "only " + count + " at once on one connection",
                         "commands wait for each other; raise MaxSessions in the server's "
                         "sshd_config (10 is its default)"));
  }
}

Result<ssh::Collected> HostCheckup::run_command(const std::string &command) {
  ssh::ExecRequest request;
  request.host = host_;
  request.command = command;
  request.timeout = kCommandPatience;
  return ssh::run_and_collect(parts_.engine, std::move(request), {});
}

bool HostCheckup::check_command() {
  static const std::string kWord = "mre-doctor";
  Milliseconds quickest = kCommandPatience;
  for (int turn = 0; turn < 3; ++turn) { // the first one also connects
    const auto ran = run_command("echo " + kWord);
    if (!ran) {
      add(Finding::failed("exec", ran.error()));
      return false;
    }
    if (ran->end.outcome != ssh::Outcome::exited || ran->end.exit_code != 0) {
      const std::string said = ran->err.empty() ? ran->out : ran->err;
      add(Finding::failed("exec",
                          {Errc::remote_failed,
                           "a plain echo ended as " + std::string(ssh::to_word(ran->end.outcome)) +
                               " with code " + std::to_string(ran->end.exit_code.value_or(-1)) +
                               ": " + said,
                           "check the account's login shell and its restrictions"}));
      return false;
    }
    if (ran->out != kWord + "\n") {
      add(Finding::warning("exec",
                           "the shell's start-up files print text of their own, which comes with "
                           "the output of every command: " +
                               ran->out.substr(0, ran->out.find(kWord)),
                           "let them print only in interactive shells: case $- in *i*) ... esac"));
      return true;
    }
    quickest = std::min(quickest, ran->end.first_byte.value_or(quickest));
  }
  const std::string text = "the shell answers after " + in_milliseconds(quickest);
  add(quickest < kSlowShell
          ? Finding::good("exec", text)
          : Finding::warning("exec", text + ", before every command",
                             "look at its start-up files (~/.bashrc, ~/.zshenv): version managers "
                             "and prompts belong behind a check for interactive shells"));
  return true;
}

void HostCheckup::check_sftp() {
  auto lease = parts_.engine.lease_sftp(host_, ssh::LeaseKind::metadata, {});
  if (!lease) {
    add(Finding::failed("sftp", lease.error()));
    return;
  }
  ssh::SftpCalls calls(*std::move(lease), {}, host_.name);
  const auto home = calls.real_path(".");
  add(home ? Finding::good("sftp", "begins in " + *home) : Finding::failed("sftp", home.error()));
}

void HostCheckup::check_clock() {
  const auto before = parts_.clock.wall();
  const auto ran = run_command("date +%s");
  const auto middle = before + (parts_.clock.wall() - before) / 2;
  std::int64_t theirs = 0;
  const bool is_number =
      ran && ran->end.exit_code == 0 &&
      std::from_chars(ran->out.data(), ran->out.data() + ran->out.size(), theirs).ec == std::errc();
  if (!is_number) {
    add(Finding::skipped("clock", "the host has no `date +%s`"));
    return;
  }
  const std::int64_t ours =
      std::chrono::duration_cast<std::chrono::seconds>(middle.time_since_epoch()).count();
  const std::int64_t skew = theirs - ours;
  if (std::abs(skew) <= kSkewSeconds) {
    add(Finding::good("clock",
                      "agrees with this machine's within " + std::to_string(kSkewSeconds) + " s"));
    return;
  }
  add(Finding::warning("clock",
                       "is " + std::to_string(std::abs(skew)) + " s " +
                           (skew > 0 ? "ahead of" : "behind") + " this machine's",
                       "let both keep time by NTP (timedatectl set-ntp true)"));
}

} // namespace

Findings check_host(const CheckupParts &parts, const config::HostConfig &host) {
  return HostCheckup(parts, host).run();
}

} // namespace mre::cli
