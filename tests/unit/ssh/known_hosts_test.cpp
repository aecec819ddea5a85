// The known hosts policy, with ssh-keygen as the oracle.
#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"
#include "core/ssh/known_hosts.hpp"
#include "core/ssh/known_hosts_line.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

using namespace mre;
using namespace mre::ssh;

namespace {

struct Folder {
  std::string path;
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "known-hosts-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;
  std::string file(const std::string &name) const { return path + '/' + name; }
};

void put(const std::string &path, const std::string &content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string get(const std::string &path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

struct Ran {
  int status = -1;
  std::string out;
};

Ran run(const std::string &command) {
  Ran ran;
  FILE *pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> chunk{};
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    ran.out.append(chunk.data(), got);
  }
  ran.status = WEXITSTATUS(::pclose(pipe));
  return ran;
}

// A well-formed blob of the type, different for each seed.
HostKey make_key(const std::string &type, const std::string &seed) {
  HostKey key;
  key.type = type;
  key.blob = std::string("\0\0\0", 3) + static_cast<char>(type.size()) + type +
             std::string("\0\0\0\x20", 4) + hmac_sha256(seed, type);
  return key;
}

std::string key_text(const HostKey &key) {
  return key.type + ' ' + base64_encode(key.blob);
}

// A real key made by ssh-keygen, for the oracle tests.
HostKey generate(const Folder &folder, const std::string &kind) {
  const std::string file = folder.file("key_" + kind);
  REQUIRE(run("ssh-keygen -q -t " + kind + " -N '' -C '' -f " + file).status == 0);
  std::istringstream words(get(file + ".pub"));
  HostKey key;
  std::string blob;
  words >> key.type >> blob;
  key.blob = base64_decode(blob).value();
  return key;
}

config::HostConfig host_at(const std::string &address, std::uint16_t port,
                           std::vector<std::string> files) {
  config::HostConfig host;
  host.name = "web-1";
  host.address = address;
  host.port = port;
  host.known_hosts_files = std::move(files);
  return host;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

Errc code_of(const Result<void> &result) {
  return result ? Errc::internal : result.error().code;
}

// The policy's answer when one file has this content; "known" or the error's word.
std::string answer(const std::string &content, const config::HostConfig &where,
                   const HostKey &key) {
  const Folder folder;
  config::HostConfig host = where;
  host.known_hosts_files = {folder.file("known_hosts")};
  put(host.known_hosts_files.front(), content);
  const auto checked = check_host_key(host, key);
  return checked ? "known" : std::string(to_word(checked.error().code));
}

} // namespace

TEST_CASE("A fingerprint is the one ssh-keygen -l prints") {
  const Folder folder;
  for (const std::string kind : {"ed25519", "ecdsa", "rsa"}) {
    const HostKey key = generate(folder, kind);
    const Ran oracle = run("ssh-keygen -l -f " + folder.file("key_" + kind + ".pub"));
    REQUIRE(oracle.status == 0);
    CHECK(has(oracle.out, ' ' + fingerprint(key) + ' '));
  }
}

TEST_CASE("The recorded key is accepted, another one is changed, an unrecorded host is unknown") {
  const HostKey good = make_key("ssh-ed25519", "good");
  const HostKey other = make_key("ssh-ed25519", "other");
  const auto host = host_at("Web.Example.com", 22, {});
  const std::string file = "web.example.com " + key_text(good) + " a comment with spaces\n";
  CHECK(answer(file, host, good) == "known");
  CHECK(answer(file, host, other) == "host_key_changed");
  CHECK(answer(file, host_at("web2.example.com", 22, {}), good) == "host_key_unknown");
  CHECK(answer("", host, good) == "host_key_unknown");
  SECTION("a key of another type is a change too, as in OpenSSH") {
    CHECK(answer(file, host, make_key("ssh-rsa", "good")) == "host_key_changed");
  }
  SECTION("several keys of one host all count") {
    const std::string two = file + "web.example.com " + key_text(other) + "\n";
    CHECK(answer(two, host, good) == "known");
    CHECK(answer(two, host, other) == "known");
  }
}

TEST_CASE("Patterns, lists and negation are OpenSSH's") {
  const HostKey key = make_key("ssh-ed25519", "k");
  const auto known = [&](const std::string &hosts, const std::string &address,
                         std::uint16_t port = 22) {
    return answer(hosts + ' ' + key_text(key) + '\n', host_at(address, port, {}), key) == "known";
  };
  CHECK(known("*.example.com", "a.example.com"));
  CHECK(known("*.EXAMPLE.com", "a.b.example.COM"));
  CHECK_FALSE(known("*.example.com", "example.com"));
  CHECK(known("127.0.0.?", "127.0.0.1"));
  CHECK_FALSE(known("127.0.0.?", "127.0.0.12"));
  CHECK(known("a,b,c", "b"));
  CHECK_FALSE(known("a,b,c", "d"));
  CHECK(known("*.example.com,!bad.example.com", "good.example.com"));
  CHECK_FALSE(known("*.example.com,!bad.example.com", "bad.example.com"));
  CHECK_FALSE(known("!bad.example.com,*.example.com", "bad.example.com"));
  CHECK_FALSE(known("!a", "b"));
  CHECK(known("[127.0.0.*]:2223", "127.0.0.9", 2223));
  CHECK_FALSE(known("[127.0.0.*]:2223", "127.0.0.9", 2224));
  CHECK(known("[::1]:2222", "::1", 2222));
  CHECK(known("::1", "::1"));
  CHECK(known("*", "anything", 4711));
  CHECK_FALSE(known("[web]:2222", "web"));
}

TEST_CASE("A key recorded without a port is accepted on another port, a different one there is no "
          "change") {
  const HostKey key = make_key("ssh-ed25519", "k");
  const auto host = host_at("web", 2222, {});
  CHECK(answer("web " + key_text(key) + "\n", host, key) == "known");
  CHECK(answer("web " + key_text(make_key("ssh-ed25519", "x")) + "\n", host, key) ==
        "host_key_unknown");
}

TEST_CASE("An alias replaces address and port") {
  const HostKey key = make_key("ssh-ed25519", "k");
  auto host = host_at("10.0.0.5", 2222, {});
  host.host_key_alias = "vault";
  CHECK(answer("vault " + key_text(key) + "\n", host, key) == "known");
  CHECK(answer("[10.0.0.5]:2222 " + key_text(key) + "\n", host, key) == "host_key_unknown");
}

TEST_CASE("A revoked key is refused wherever else it is recorded and whatever the mode") {
  const HostKey key = make_key("ssh-ed25519", "k");
  auto host = host_at("web", 2222, {});
  host.unknown_host_key = config::UnknownHostKey::accept_and_record;
  const std::string good = "[web]:2222 " + key_text(key) + "\n";
  CHECK(answer(good + "@revoked * " + key_text(key) + "\n", host, key) == "host_key_revoked");
  CHECK(answer(good + "@revoked web " + key_text(key) + "\n", host, key) == "host_key_revoked");
  CHECK(answer(good + "@revoked other " + key_text(key) + "\n", host, key) == "known");
  CHECK(answer("@revoked * " + key_text(make_key("ssh-ed25519", "x")) + "\n" + good, host, key) ==
        "known");
}

TEST_CASE("A certificate authority's key is not the server's own key") {
  const HostKey key = make_key("ssh-ed25519", "k");
  const Folder folder;
  auto host = host_at("web", 22, {folder.file("kh")});
  put(folder.file("kh"), "@cert-authority * " + key_text(key) + "\n");
  const auto checked = check_host_key(host, key);
  REQUIRE(code_of(checked) == Errc::host_key_unknown);
  CHECK(has(checked.error().message, "@cert-authority"));
  CHECK(recorded_key_types(host).value().empty());
}

TEST_CASE("Broken lines are skipped and the good ones around them count") {
  const HostKey key = make_key("ssh-ed25519", "k");
  const std::string good = "  web\t " + key_text(key) + " \r\n";
  const std::vector<std::string> broken = {"web",
                                           "web ssh-ed25519",
                                           "web ssh-ed25519 !!!!",
                                           "web ssh-rsa " + base64_encode(key.blob),
                                           "@nonsense web " + key_text(key),
                                           "@revoked @cert-authority web " + key_text(key),
                                           "@revoked",
                                           "|1|nothash " + key_text(key),
                                           "|1|AAAA|AAAA " + key_text(key),
                                           "web 1024 35 12345",
                                           "# web " + key_text(key),
                                           std::string("web\0x ", 6) + key_text(key),
                                           "web ssh-ed25519 AAAA"};
  for (const std::string &line : broken) {
    INFO(line);
    CHECK(answer(line + "\n", host_at("web", 22, {}), key) == "host_key_unknown");
    CHECK(answer(line + "\n" + good + line + "\n", host_at("web", 22, {}), key) == "known");
  }
}

TEST_CASE("Hashed names made by ssh-keygen match, and ssh-keygen finds the ones made here") {
  const Folder folder;
  const HostKey key = generate(folder, "ed25519");
  const std::string file = folder.file("known_hosts");
  put(file,
      "web.example.com,10.0.0.5 " + key_text(key) + "\n[10.0.0.6]:2222 " + key_text(key) + "\n");
  REQUIRE(run("ssh-keygen -H -f " + file).status == 0);
  REQUIRE(has(get(file), "|1|"));
  CHECK(check_host_key(host_at("web.example.com", 22, {file}), key));
  CHECK(check_host_key(host_at("10.0.0.5", 22, {file}), key));
  CHECK(check_host_key(host_at("10.0.0.6", 2222, {file}), key));
  CHECK_FALSE(check_host_key(host_at("10.0.0.6", 22, {file}), key));

  auto fresh = host_at("fd00::1", 2200, {file});
  fresh.unknown_host_key = config::UnknownHostKey::accept_and_record;
  REQUIRE(check_host_key(fresh, key));
  CHECK_FALSE(has(get(file), "fd00"));
  CHECK(has(run("ssh-keygen -F '[fd00::1]:2200' -f " + file).out, base64_encode(key.blob)));
}

TEST_CASE("For random files the answer agrees with ssh-keygen -F") {
  const Folder folder;
  const HostKey key = generate(folder, "ed25519");
  std::mt19937 random(20); // NOLINT: the same files in every run
  const auto pick = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  const std::string letters = "ab*?.";
  for (int round = 0; round < 60; ++round) {
    std::string hosts;
    for (std::size_t patterns = 1 + pick(3); patterns > 0; --patterns) {
      hosts += hosts.empty() ? "" : ",";
      hosts += pick(4) == 0 ? "!" : "";
      for (std::size_t length = 1 + pick(4); length > 0; --length) {
        hosts += letters[pick(letters.size())];
      }
    }
    const std::string file = folder.file("random");
    put(file, hosts + ' ' + key_text(key) + "\n");
    for (const std::string name : {"a", "b", "ab", "a.b", "ba.b", "aab"}) {
      INFO(hosts << " for " << name);
      const bool oracle = !run("ssh-keygen -F " + name + " -f " + file).out.empty();
      CHECK(check_host_key(host_at(name, 22, {file}), key).has_value() == oracle);
    }
  }
}

TEST_CASE("Random bytes are never a key and never break the reader") {
  std::mt19937 random(7); // NOLINT: the same bytes in every run
  const HostKey key = make_key("ssh-ed25519", "k");
  const std::string seed = "@revoked |1|" + base64_encode(std::string(20, 'x')) + "|" +
                           base64_encode(std::string(20, 'y')) + " ssh-ed25519 " +
                           base64_encode(key.blob);
  for (int round = 0; round < 20000; ++round) {
    std::string line = round % 2 == 0 ? seed : std::string(random() % 80, ' ');
    for (std::size_t changes = 1 + random() % 8; changes > 0 && !line.empty(); --changes) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    if (const auto parsed = parse_known_hosts_line(line)) {
      CHECK_FALSE(parsed->hosts.empty());
      CHECK_FALSE(parsed->key.blob.empty());
      names_host(parsed->hosts, "web");
    }
  }
}

TEST_CASE("A pattern of many stars is answered at once") {
  std::string pattern;
  for (int star = 0; star < 2000; ++star) {
    pattern += "*a";
  }
  CHECK_FALSE(names_host(pattern + "b", std::string(5000, 'a')));
}

TEST_CASE("accept-new records the key once, privately, and asks for it from then on") {
  const Folder folder;
  const std::string file = folder.file("new/deep/known_hosts");
  auto host = host_at("10.0.0.5", 2222, {file, folder.file("second")});
  host.unknown_host_key = config::UnknownHostKey::accept_and_record;
  const HostKey key = generate(folder, "ed25519");
  std::string logged;
  const Log log(LogLevel::info, [&](std::string_view line) { logged += line; });
  REQUIRE(check_host_key(host, key, &log));
  CHECK(get(file) == "[10.0.0.5]:2222 " + key_text(key) + "\n");
  CHECK(has(logged, fingerprint(key)));
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(::stat(folder.file("new").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  CHECK_FALSE(std::filesystem::exists(folder.file("second")));
  CHECK(!run("ssh-keygen -F '[10.0.0.5]:2222' -f " + file).out.empty());

  REQUIRE(check_host_key(host, key));
  CHECK(get(file) == "[10.0.0.5]:2222 " + key_text(key) + "\n");
  CHECK(code_of(check_host_key(host, make_key("ssh-ed25519", "x"))) == Errc::host_key_changed);
  host.unknown_host_key = config::UnknownHostKey::refuse;
  CHECK(check_host_key(host, key));
}

TEST_CASE("A new key never continues the last line of a file without a newline") {
  const Folder folder;
  const std::string file = folder.file("kh");
  const HostKey key = make_key("ssh-ed25519", "k");
  put(file, "other " + key_text(key));
  auto host = host_at("web", 22, {file});
  host.unknown_host_key = config::UnknownHostKey::accept_and_record;
  REQUIRE(check_host_key(host, key));
  CHECK(get(file) == "other " + key_text(key) + "\nweb " + key_text(key) + "\n");
}

TEST_CASE("A name that would read as a pattern is recorded hashed") {
  const Folder folder;
  const std::string file = folder.file("kh");
  auto host = host_at("*", 22, {file});
  host.unknown_host_key = config::UnknownHostKey::accept_and_record;
  const HostKey key = make_key("ssh-ed25519", "k");
  REQUIRE(check_host_key(host, key));
  CHECK(get(file).substr(0, 3) == "|1|");
  CHECK(code_of(check_host_key(host_at("web", 22, {file}), key)) == Errc::host_key_unknown);
}

TEST_CASE("A key that cannot be recorded is not accepted") {
  const Folder folder;
  put(folder.file("a-file"), "");
  auto host = host_at("web", 22, {folder.file("a-file") + "/known_hosts"});
  host.unknown_host_key = config::UnknownHostKey::accept_and_record;
  const auto checked = check_host_key(host, make_key("ssh-ed25519", "k"));
  REQUIRE_FALSE(checked);
  CHECK(has(checked.error().message, "cannot be recorded"));
  CHECK(has(checked.error().hint, "SSH_KNOWN_HOSTS"));
}

TEST_CASE("A file that cannot be read is an error, a missing one is empty") {
  const Folder folder;
  const HostKey key = make_key("ssh-ed25519", "k");
  put(folder.file("second"), "web " + key_text(key) + "\n");
  CHECK(check_host_key(host_at("web", 22, {folder.file("none"), folder.file("second")}), key));
  std::filesystem::create_directory(folder.file("folder"));
  const auto checked =
      check_host_key(host_at("web", 22, {folder.file("folder"), folder.file("second")}), key);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code != Errc::host_key_unknown);
  CHECK(has(checked.error().message, folder.file("folder")));
}

TEST_CASE("The messages name host, key, place and the next step") {
  const Folder folder;
  const std::string file = folder.file("kh");
  const HostKey old_key = make_key("ssh-ed25519", "old");
  const HostKey new_key = make_key("ssh-ed25519", "new");
  auto host = host_at("10.0.0.5", 2222, {file});
  const auto none = check_host_key(host, new_key);
  REQUIRE(code_of(none) == Errc::host_key_unknown);
  for (const std::string &part :
       {std::string("10.0.0.5:2222"), std::string("ssh-ed25519"), fingerprint(new_key), file}) {
    CHECK(has(none.error().message, part));
  }
  for (const std::string part :
       {"ssh-keyscan -p 2222 10.0.0.5", "ssh -p 2222 root@10.0.0.5", "accept-new"}) {
    CHECK(has(none.error().hint, part));
  }
  put(file, "# comment\n\n[10.0.0.5]:2222 " + key_text(old_key) + "\n");
  const auto different = check_host_key(host, new_key);
  REQUIRE(code_of(different) == Errc::host_key_changed);
  for (const std::string &part : {fingerprint(old_key), fingerprint(new_key), file + " line 3"}) {
    CHECK(has(different.error().message, part));
  }
  CHECK(has(different.error().hint, "ssh-keygen -R '[10.0.0.5]:2222' -f " + file));
}

TEST_CASE("Recorded key types come once each, in the order of the files") {
  const Folder folder;
  put(folder.file("one"), "web " + key_text(make_key("ssh-rsa", "1")) + "\nweb " +
                              key_text(make_key("ssh-ed25519", "2")) + "\n");
  put(folder.file("two"), "web " + key_text(make_key("ssh-ed25519", "3")) + "\nweb " +
                              key_text(make_key("ecdsa-sha2-nistp256", "4")) + "\n@revoked web " +
                              key_text(make_key("ssh-dss", "5")) + "\n");
  const auto types =
      recorded_key_types(host_at("web", 22, {folder.file("one"), folder.file("two")}));
  CHECK(types.value() == std::vector<std::string>{"ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"});
}
