// Certificates of hosts as bytes: what ssh-keygen makes counts, and nothing that was changed.
#include "core/base/encoding.hpp"
#include "core/ssh/host_certificate.hpp"
#include "core/ssh/known_hosts_line.hpp"
#include "core/ssh/signature.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace mre;
using namespace mre::ssh;
using namespace mre::testing;

namespace {

void run(std::vector<std::string> command) {
  REQUIRE(run_program({.command = std::move(command)}).exit_code() == 0);
}

HostKey key_in(const std::string &path) {
  const auto line = parse_known_hosts_line("* " + read_whole_file(path));
  REQUIRE(line);
  return line->key;
}

struct Certified {
  TemporaryFolder folder;
  std::string certificate;
  HostKey key, authority;

  Certified(const std::string &type, const std::string &authority_type,
            const std::vector<std::string> &arguments = {"-h", "-n", "web.example.com"}) {
    run({"ssh-keygen", "-q", "-t", type, "-N", "", "-f", folder / "host"});
    run({"ssh-keygen", "-q", "-t", authority_type, "-N", "", "-f", folder / "ca"});
    std::vector<std::string> command{"ssh-keygen", "-q", "-s", folder / "ca", "-I", "test"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back(folder / "host.pub");
    run(std::move(command));
    certificate = key_in(folder / "host-cert.pub").blob;
    key = key_in(folder / "host.pub");
    authority = key_in(folder / "ca.pub");
  }
  Result<HostKey> judge(const std::string &bytes,
                        const std::string &name = "web.example.com") const {
    return certified_key(bytes, {name, {authority}, std::chrono::system_clock::now()});
  }
};

} // namespace

TEST_CASE("a certificate of every kind gives the key it is for") {
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    for (const std::string authority : {"ed25519", "ecdsa", "rsa"}) {
      INFO(type << " by " << authority);
      const Certified certified(type, authority);
      const auto key = certified.judge(certified.certificate);
      REQUIRE(key);
      CHECK(key->blob == certified.key.blob);
      CHECK(key->type == certified.key.type);
      CHECK(certified.judge(certified.certificate, "WEB.example.com"));
      CHECK(!certified.judge(certified.certificate, "db.example.com"));
    }
  }
}

TEST_CASE("one changed byte, or a missing one, and it counts no more") {
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    const Certified certified(type, type);
    for (std::size_t at = 0; at < certified.certificate.size(); ++at) {
      std::string changed = certified.certificate;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      INFO(type << " byte " << at);
      CHECK(!certified.judge(changed));
      CHECK(!certified.judge(certified.certificate.substr(0, at)));
    }
    CHECK(!certified.judge(certified.certificate + '\0'));
  }
}

TEST_CASE(
    "a certificate for users, with critical options, or by an unknown authority does not count") {
  const Certified user("ed25519", "ed25519", {"-n", "web.example.com"});
  CHECK(!user.judge(user.certificate));
  const Certified critical("ed25519", "ed25519",
                           {"-h", "-n", "web.example.com", "-O", "critical:some@example.com=1"});
  const auto judged = critical.judge(critical.certificate);
  REQUIRE(!judged);
  CHECK(judged.error().message.find("critical options") != std::string::npos);
  const Certified stranger("ed25519", "ed25519");
  CHECK(!user.judge(stranger.certificate));
  const Certified any_name("ed25519", "ed25519", {"-h"});
  CHECK(any_name.judge(any_name.certificate, "anything"));
}

TEST_CASE("an authority's RSA signature with SHA-1 does not count") {
  const Certified old("ed25519", "rsa", {"-h", "-n", "web.example.com", "-t", "ssh-rsa"});
  CHECK(!old.judge(old.certificate));
}
