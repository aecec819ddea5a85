// Servers that are known by a @cert-authority: certificates of every kind ssh-keygen makes, and all
// that keeps one from counting.
#include "tests/integration/bench.hpp"

#include <sys/stat.h>

using namespace mre;
using namespace mre::testing;

namespace {

// An authority and a host key with its certificate, in a folder that sshd can read.
class Authority {
public:
  explicit Authority(const std::string &type = "ed25519") { make_key("ca", type, {}); }

  // sshd_config for a server with this key, certified with these arguments of ssh-keygen.
  std::vector<std::string> certified_key(const std::vector<std::string> &arguments,
                                         const std::string &type = "ecdsa",
                                         const std::string &bits = {}) {
    make_key("host", type, bits);
    std::vector<std::string> command{"ssh-keygen", "-q", "-s", folder / "ca", "-I", "test"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back(folder / "host.pub");
    REQUIRE(run_program({.command = command}).exit_code() == 0);
    return {"HostKey " + (folder / "host"), "HostCertificate " + (folder / "host-cert.pub")};
  }
  std::string public_key(const std::string &name) const {
    return read_whole_file(folder / (name + ".pub"));
  }

  TemporaryFolder folder{0711};

private:
  void make_key(const std::string &name, const std::string &type, const std::string &bits) {
    std::vector<std::string> command{"ssh-keygen", "-q", "-t", type, "-N", "", "-f", folder / name};
    if (!bits.empty()) {
      command.insert(command.end(), {"-b", bits});
    }
    REQUIRE(run_program({.command = command}).exit_code() == 0);
  }
};

// What a call says with these known hosts.
Json run_with(const Bench &bench, const std::string &known_hosts, const Environment &extra = {}) {
  Environment all =
      bench.environment({{"SSH_KNOWN_HOSTS", bench.sshd.folder().write("ca_known", known_hosts)}});
  for (const auto &[name, value] : extra) {
    all[name] = value;
  }
  auto server = start_server(all);
  return server.call_tool("ssh_exec_command", {{"command", "echo in"}});
}

bool is_in(const Json &result) {
  return structured(result).value("stdout", "") == "in\n";
}

const std::vector<std::string> kForLoopback{"-h", "-n", "web.example.com,127.0.0.1"};

} // namespace

TEST_CASE("a certificate by a known authority lets a server in that is recorded nowhere") {
  std::string type = "ed25519", bits;
  std::string authority_type = "ed25519";
  SECTION("ed25519") {}
  SECTION("ecdsa-256 by ecdsa") {
    type = "ecdsa";
    authority_type = "ecdsa";
  }
  SECTION("ecdsa-521") {
    type = "ecdsa";
    bits = "521";
  }
  SECTION("rsa by rsa") {
    type = "rsa";
    authority_type = "rsa";
  }
  Authority authority(authority_type);
  const Bench bench({.extra_config = authority.certified_key(kForLoopback, type, bits)});
  const std::string known = "@cert-authority 127.0.0.* " + authority.public_key("ca");
  const Json result = run_with(bench, known);
  INFO(dump_json(result));
  CHECK(is_in(result));
  CHECK(read_whole_file(bench.sshd.folder() / "ca_known") == known); // nothing is recorded
}

TEST_CASE("a certificate counts for the name that known_hosts would be asked for") {
  Authority authority;
  const Bench bench({.extra_config = authority.certified_key({"-h", "-n", "*.example.com"})});
  const std::string config = bench.sshd.folder().write(
      "ssh_config", "Host web\n  HostName 127.0.0.1\n  Port " + std::to_string(bench.sshd.port()) +
                        "\n  User " + bench.sshd.user() + "\n  IdentityFile " +
                        bench.sshd.client_key() + "\n  HostKeyAlias web.example.com\n");
  const std::string known = "@cert-authority *.example.com " + authority.public_key("ca");
  auto server = start_server(
      bench.environment({{"HOST", ""},
                         {"SSH_KEY", ""},
                         {"MRE_SSH_CONFIG", config},
                         {"SSH_KNOWN_HOSTS", bench.sshd.folder().write("ca_known", known)}}));
  const Json result =
      server.call_tool("ssh_exec_command", {{"command", "echo in"}, {"host", "web"}});
  INFO(dump_json(result));
  CHECK(is_in(result));
  CHECK(error_code(run_with(bench, "@cert-authority * " + authority.public_key("ca"))) ==
        "host_key_unknown");
}

TEST_CASE("what keeps a certificate from counting is said, and the plain key is judged") {
  std::vector<std::string> arguments = kForLoopback;
  std::string reason;
  Authority authority;
  Authority stranger;
  std::string lines = "@cert-authority * " + authority.public_key("ca");
  SECTION("other names") {
    arguments = {"-h", "-n", "web.example.com"};
    reason = "for other names";
  }
  SECTION("expired") {
    arguments.insert(arguments.end(), {"-V", "20200101:20200201"});
    reason = "has expired";
  }
  SECTION("not valid yet") {
    arguments.insert(arguments.end(), {"-V", "20990101:20990201"});
    reason = "not valid yet";
  }
  SECTION("another authority") {
    lines = "@cert-authority * " + stranger.public_key("ca");
    reason = "another authority";
  }
  const Bench bench({.extra_config = authority.certified_key(arguments)});
  const Json result = run_with(bench, lines);
  INFO(dump_json(result));
  CHECK(error_code(result) == "host_key_unknown");
  CHECK(holds(text_of(result), "@cert-authority"));
  CHECK(holds(text_of(result), reason));
  CHECK(is_in(run_with(bench, lines + read_whole_file(bench.sshd.known_hosts()))));
}

TEST_CASE("a revoked key, or a revoked authority, is not saved by a certificate") {
  Authority authority;
  const Bench bench({.extra_config = authority.certified_key(kForLoopback)});
  const std::string known = "@cert-authority * " + authority.public_key("ca");
  CHECK(is_in(run_with(bench, known)));
  CHECK(error_code(run_with(bench, known + "@revoked * " + authority.public_key("host"))) ==
        "host_key_revoked");
  CHECK(error_code(run_with(bench, known + "@revoked * " + authority.public_key("ca"))) ==
        "host_key_unknown");
}

TEST_CASE("a server without a certificate is judged by its plain key") {
  Authority authority;
  const Bench bench;
  const std::string known = "@cert-authority * " + authority.public_key("ca");
  const Json result = run_with(bench, known);
  CHECK(error_code(result) == "host_key_unknown");
  CHECK(holds(text_of(result), "presented no certificate"));
  CHECK(is_in(run_with(bench, known + read_whole_file(bench.sshd.known_hosts()))));
}

TEST_CASE("a certificate of one server vouches for no other that shows it") {
  Authority authority;
  const auto certified = authority.certified_key(kForLoopback);
  // sshd shows a certificate only with its key; so the key goes, as when it was stolen and renewed.
  const Bench honest({.extra_config = certified});
  const Bench other;
  const std::string known = "@cert-authority * " + authority.public_key("ca");
  CHECK(is_in(run_with(honest, known)));
  CHECK(error_code(run_with(other, known)) == "host_key_unknown");
}
