// The pieces of a login that need no server: key files, the order of host keys, prompts, the wire's
// format.
#include "core/ssh/algorithm_choice.hpp"
#include "core/ssh/host_key_order.hpp"
#include "core/ssh/key_file.hpp"
#include "core/ssh/keyboard_answers.hpp"
#include "core/ssh/ssh_string.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace mre;
using namespace mre::ssh;

namespace {

std::string make_key(const testing::TemporaryFolder &folder, const std::string &name,
                     std::vector<std::string> more) {
  const auto path = folder / name;
  std::vector<std::string> command{"ssh-keygen", "-q", "-f", path};
  command.insert(command.end(), more.begin(), more.end());
  REQUIRE(testing::run_program({.command = command}).exit_code() == 0);
  return path;
}

} // namespace

TEST_CASE("a key file tells whether it is encrypted, in both formats") {
  const testing::TemporaryFolder folder;
  CHECK(!load_key_file(make_key(folder, "a", {"-t", "ed25519", "-N", ""}))->is_encrypted);
  CHECK(load_key_file(make_key(folder, "b", {"-t", "ed25519", "-N", "secret"}))->is_encrypted);
  CHECK(!load_key_file(make_key(folder, "c", {"-t", "rsa", "-m", "PEM", "-N", ""}))->is_encrypted);
  CHECK(load_key_file(make_key(folder, "d", {"-t", "rsa", "-m", "PEM", "-N", "secret"}))
            ->is_encrypted);
  CHECK(load_key_file(make_key(folder, "e", {"-t", "ecdsa", "-m", "PKCS8", "-N", "secret"}))
            ->is_encrypted);
}

TEST_CASE("what is no private key is named for what it is") {
  CHECK(is_encrypted_key("ssh-ed25519 AAAA").error().message == "the file is a public key");
  CHECK(is_encrypted_key("PuTTY-User-Key-File-3: x").error().code == Errc::unsupported);
  CHECK(is_encrypted_key("hello").error().code == Errc::bad_argument);
  CHECK(is_encrypted_key("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA").error().message ==
        "the file is cut off");
  CHECK(is_encrypted_key(
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----")
            .error()
            .message == "the file is damaged");
  CHECK(load_key_file("/no/such/file").error().message == "no such file");
}

TEST_CASE("lists of algorithms add, drop, prefer and replace as ssh's do") {
  using Names = std::vector<std::string>;
  const Names supported{"a1", "a2", "b1", "weak"};
  const Names usual{"a1", "a2", "b1"};
  const auto choose = [&](std::string_view wish) {
    return choose_algorithms(wish, supported, usual);
  };
  CHECK(choose("b1,unheard-of,a1") == Names{"b1", "a1"});
  CHECK(choose("weak") == Names{"weak"});
  CHECK(choose("+weak,a1") == Names{"a1", "a2", "b1", "weak"});
  CHECK(choose("-a*") == Names{"b1"});
  CHECK(choose("^b1") == Names{"b1", "a1", "a2"});
  CHECK(choose("a*") == Names{"a1", "a2"});
  CHECK(choose("unheard-of").empty());
}

TEST_CASE("recorded host key types come first, RSA by its modern signatures, DSA never") {
  const std::vector<std::string> supported{
      "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519", "ssh-dss"};
  CHECK(host_key_order({}, supported).front() == "ssh-ed25519");
  const auto order = host_key_order({"ssh-rsa", "ssh-dss", "unheard-of"}, supported);
  CHECK(order == std::vector<std::string>{"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519",
                                          "ecdsa-sha2-nistp256"});
  CHECK(host_key_order({"ssh-ed25519"}, {}).empty());
}

TEST_CASE("only a question for the password itself counts as one") {
  CHECK(asks_for_password("Password: "));
  CHECK(asks_for_password("root@web's password:"));
  CHECK(asks_for_password("Passwort:"));
  CHECK(!asks_for_password("Verification code: "));
  CHECK(!asks_for_password("New password: "));
  CHECK(!asks_for_password("One-time password (OATH): "));
  CHECK(!asks_for_password("Enter PASSCODE: "));
  CHECK(!asks_for_password(""));
}

TEST_CASE("strings of the wire are read back and cut ones are not") {
  std::string bytes;
  put_string(bytes, "ssh-ed25519");
  put_number(bytes, 0x01020304);
  SshReader reader(bytes);
  CHECK(reader.string() == "ssh-ed25519");
  CHECK(reader.number() == 0x01020304U);
  CHECK(!reader.number());
  SshReader cut(std::string_view(bytes).substr(0, 9));
  CHECK(!cut.string());
}
