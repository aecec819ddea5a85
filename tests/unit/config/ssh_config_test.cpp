// ~/.ssh/config as hosts, with `ssh -G` as the oracle.
#include "core/config/host_book.hpp"
#include "core/config/ssh_config_evaluate.hpp"
#include "core/config/ssh_config_keywords.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/config/scratch.hpp"
#include "tests/unit/config/ssh_config_input.hpp"

#include <algorithm>
#include <sstream>

using namespace mre;
using namespace mre::config;
using mre::test::account;
using mre::test::input_for;
using mre::test::joined;
using mre::test::Scratch;
using mre::test::Values;

namespace {

using Oracle = std::map<std::string, Values>;

// What ssh itself makes of the file: every line of `ssh -G` by its keyword.
Oracle ask_ssh(const std::string &file, const std::string &host) {
  auto environment = testing::clean_environment(account().home);
  environment["MRE_TEST_PLACE"] = "/srv";
  const auto ran = testing::run_program({.command = {"ssh", "-G", "-F", file, host},
                                         .environment = environment,
                                         .output = testing::Connect::pipe,
                                         .error = testing::Connect::pipe});
  INFO(ran.error);
  REQUIRE(ran.exit_code() == 0);
  Oracle oracle;
  std::istringstream lines(ran.output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = line.find(' ');
    oracle[line.substr(0, blank)].push_back(blank == std::string::npos ? std::string()
                                                                       : line.substr(blank + 1));
  }
  return oracle;
}

std::string first_of(const Oracle &oracle, const std::string &keyword) {
  const auto found = oracle.find(keyword);
  return found == oracle.end() ? std::string() : found->second.front();
}

Values split(const std::string &text) {
  std::istringstream words(text);
  Values values;
  for (std::string word; words >> word;) {
    values.push_back(word);
  }
  return values;
}

Values all_of(const SshOptions &options, const std::string &keyword) {
  Values values;
  if (const auto found = options.options.find(keyword); found != options.options.end()) {
    for (const SshOption &option : found->second) {
      values.insert(values.end(), option.values.begin(), option.values.end());
    }
  }
  return values;
}

std::string jumps_as_text(const std::string &text) {
  std::string shown;
  const auto jumps = parse_ssh_jumps(text.empty() ? "none" : text);
  REQUIRE(jumps);
  for (const SshJump &jump : *jumps) {
    shown += jump.user.value_or("") + "@" + jump.host + ":" +
             (jump.port ? std::to_string(*jump.port) : std::string()) + " ";
  }
  return shown;
}

void compare_words(const SshOptions &ours, const Oracle &oracle) {
  // ssh prints its defaults as well: only what was configured is compared.
  for (const char *keyword : {"hostkeyalias", "ciphers", "kexalgorithms", "macs",
                              "hostkeyalgorithms", "serveralivecountmax", "addressfamily"}) {
    INFO(keyword);
    if (const auto value = ours.value(keyword)) {
      CHECK(*value == first_of(oracle, keyword));
    } else if (std::string(keyword) == "hostkeyalias") {
      CHECK(first_of(oracle, keyword).empty());
    }
  }
  for (const char *keyword : {"identitiesonly", "hashknownhosts"}) {
    INFO(keyword);
    const bool is_on = ssh_flag(ours.value(keyword).value_or("no")).value_or(false);
    CHECK((is_on ? "yes" : "no") == first_of(oracle, keyword));
  }
  for (const char *keyword : {"connecttimeout", "serveraliveinterval"}) {
    INFO(keyword);
    if (const auto value = ours.value(keyword)) {
      const auto seconds = ssh_seconds(*value);
      CHECK((seconds ? std::to_string(*seconds) : *value) == first_of(oracle, keyword));
    }
  }
  const std::string strict = ours.value("stricthostkeychecking").value_or("ask");
  CHECK((strict == "yes"  ? std::string("true")
         : strict == "no" ? std::string("false")
                          : strict) == first_of(oracle, "stricthostkeychecking"));
  if (!all_of(ours, "identityfile").empty()) {
    CHECK(all_of(ours, "identityfile") == oracle.at("identityfile"));
  }
  const auto certificates = oracle.find("certificatefile");
  CHECK(all_of(ours, "certificatefile") ==
        (certificates == oracle.end() ? Values() : certificates->second));
  CHECK(jumps_as_text(ours.value("proxyjump").value_or("")) ==
        jumps_as_text(first_of(oracle, "proxyjump")));
}

void compare(const std::string &file, const std::string &name) {
  INFO("host " << name);
  const Oracle oracle = ask_ssh(file, name);
  const HostBookInput input = input_for(file);
  const SshConfigReading reading = read_ssh_config(*input.ssh_config);
  CHECK(joined(reading.complaints).empty());
  const SshOptions options =
      evaluate_ssh_config(reading, {name, account().name, std::nullopt, std::nullopt});
  CHECK(options.complaints.empty());
  compare_words(options, oracle);
  const HostBookReading book = read_host_book(input);
  const HostConfig *host = book.book.find(name);
  if (host != nullptr && !host->obstacle) {
    CHECK(host->address == first_of(oracle, "hostname"));
    CHECK(std::to_string(host->port) == first_of(oracle, "port"));
    CHECK(host->user == first_of(oracle, "user"));
    Values files = split(first_of(oracle, "userknownhostsfile"));
    std::erase(files, "none");
    if (options.find("userknownhostsfile") == nullptr) {
      files.pop_back(); // ~/.ssh/known_hosts2, which nobody has written for twenty years
    }
    for (const std::string &global : split(first_of(oracle, "globalknownhostsfile"))) {
      files.push_back(global);
    }
    CHECK(joined(host->known_hosts_files) == joined(files));
  }
}

const char *const kConfigurations[] = {
    // First value wins, wildcards, negation, quotes, comments, `=`.
    R"(
Port 2200
Host web-1 web-2
  HostName 10.0.0.5   # the old one
  Port=2222
  User = deploy
Host web-*  !web-2
  User nobody
  IdentityFile "~/.ssh/with blank"
Host web-? 10.*
  IdentityFile ~/.ssh/%r-%h
  IdentitiesOnly yes
  CertificateFile ~/.ssh/web-cert.pub
  HostKeyAlias web
  StrictHostKeyChecking accept-new
host	*
	connecttimeout 1m30s
	ServerAliveInterval 15
	ServerAliveCountMax 4
	UserKnownHostsFile ~/.ssh/kh_%n ~/.ssh/kh2
	GlobalKnownHostsFile /etc/kh1 "/etc/kh2"
	HashKnownHosts yes
	User everyone
	IdentityFile ~/.ssh/last
	AddressFamily inet
)",
    // Match in all its forms.
    R"(
Host alpha
  HostName %h.example.com
Host beta
  HostName beta.example.org
  User bob
Match host *.example.com
  Port 3301
Match host="*.example.org" user bob,carol
  Port 3302
Match originalhost alpha,gamma !user root2
  HostKeyAlias by-original
Match !host *.example.com localuser *
  ServerAliveInterval 7
Match user nobody-at-all
  Port 1
Match all
  User fallback
  StrictHostKeyChecking no
Host gamma
  Port 3303
  HostName UPPER.Example.COM
Host service
  HostName 10.0.0.9
  Port ssh
Match final host upper.example.com
  IdentityFile ~/.ssh/final
)",
    // Jumps, what switches them off, and what comes first.
    R"(
Host direct
  ProxyJump none
Host one
  ProxyJump gate
Host two
  ProxyJump me@gate:2222,ssh://other:33,[::1]:22
Host three
  ProxyCommand nc %h %p
  ProxyJump gate
Host four
  ProxyCommand none
  ProxyJump gate
Host gate
  HostName gate.example.com
  ProxyJump none
Host *
  ProxyJump everywhere
  Ciphers aes256-ctr,aes128-ctr
  KexAlgorithms curve25519-sha256
  MACs hmac-sha2-256
  HostKeyAlgorithms ssh-ed25519,rsa-sha2-512
)",
    // Oddities of the syntax.
    "Host a\r\n  Port 99\r\n\r\nHost \"b\" 'c'\n\tPort=\"98\"\n  User \"x \\\"y\"\nHost d#e\n  "
    "Port "
    "97\n  User d # not e\nMatch host a # comment\n  User late\nHost c\n IdentityFile none\n"
    "IdentityFile ~/.ssh/same\nIdentityFile ~/.ssh/same\nUserKnownHostsFile none\n"
    "Host f\n  UserKnownHostsFile ${MRE_TEST_PLACE}/kh ~/kh\n  AddKeysToAgent yes\n",
    // The hash of the connection, and other people's homes.
    "Host a\n  HostName a.example.com\n  User someone\n  Port 99\n  UserKnownHostsFile ~/kh_%C "
    "/x/%C.%p\nHost b\n  UserKnownHostsFile ~root/kh ~daemon/kh ~root/%h\n",
};

} // namespace

TEST_CASE("hosts come out of the ssh configuration as ssh -G says") {
  const Scratch scratch;
  for (std::size_t i = 0; i < std::size(kConfigurations); ++i) {
    INFO("configuration " << i);
    const std::string file = scratch.write("config" + std::to_string(i), kConfigurations[i]);
    const SshConfigReading reading = read_ssh_config(*input_for(file).ssh_config);
    std::vector<std::string> names = ssh_config_aliases(reading);
    CHECK(names.size() >= 2);
    names.insert(names.end(), {"10.1.2.3", "web-9", "somewhere.example.com"});
    for (const std::string &name : names) {
      compare(file, name);
    }
  }
}

TEST_CASE("included files count where the Include stands, and only if its block counts") {
  const Scratch scratch;
  scratch.write("conf.d/10-a", "User from-a\nHost inner\n  Port 41\n");
  scratch.write("conf.d/20-b", "User from-b\nInclude " + (scratch / "deep") + "\n");
  scratch.write("deep", "Host only\n  HostKeyAlias deep\nHost *\n  Port 42\n");
  const std::string file =
      scratch.write("config", "Host only\n  Include " + (scratch / "conf.d/*") +
                                  "\n  Port 43\nHost inner\n  Port 44\nInclude " +
                                  (scratch / "missing*") + "\nHost other\n  Port 45\n");
  for (const char *name : {"only", "inner", "other"}) {
    compare(file, name);
  }
  const HostBookReading book = read_host_book(input_for(file));
  CHECK(book.book.hosts.count("inner") == 1);
  CHECK(book.book.hosts.at("only").user == "from-a");
  CHECK(std::find(book.watched.begin(), book.watched.end(), scratch / "deep") !=
        book.watched.end());
}
