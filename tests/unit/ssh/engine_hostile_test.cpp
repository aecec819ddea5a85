// The engine against servers that are not what they should be. Before a login nothing they say is
// trusted: each must end in a clear error, within the connect timeout and with bounded memory, and
// leave the engine fit for the next host.
#include "core/ssh/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/hostile_server.hpp"
#include "tests/support/sshd.hpp"
#include "tests/unit/ssh/engine_client.hpp"

#include <fstream>
#include <optional>

using namespace mre;
using namespace mre::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto kConnectTimeout = 500ms;
// Room for a busy machine and a sanitizer; a wait without an end would be caught by any number.
constexpr auto kGrace = 3000ms;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsTelling = false; // the sanitizer's own
#else
constexpr bool kMemoryIsTelling = true;
#endif

struct Client : EngineClient {
  Client() {
    host.user = "nobody";
    host.key_files = {make_key()};
    host.connect_timeout = kConnectTimeout;
  }
  std::optional<Result<ssh::ExecEnd>> run(std::uint16_t port) {
    host.port = port;
    return start("true")->wait(kConnectTimeout + kGrace);
  }
};

double peak_mebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") {
      double kibibytes = 0;
      status >> kibibytes;
      return kibibytes / 1024;
    }
  }
  return 0;
}

void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

using namespace hostile;

struct Case {
  std::string name;
  std::vector<Step> script;
};

std::vector<Step> after_banner(std::vector<Step> more) {
  std::vector<Step> script{say(std::string(kBanner))};
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

// The client's version line and its KEXINIT, and ours, precede `more`.
std::vector<Step> in_key_exchange(std::vector<Step> more) {
  std::vector<Step> script = after_banner({await_line(), say(key_exchange_init()), await_packet()});
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

// And the client's first key exchange message.
std::vector<Step> in_reply(std::string reply) {
  return in_key_exchange({await_packet(), say(std::move(reply))});
}

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned state = 7;
  for (char &byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

std::vector<Case> before_the_key_exchange() {
  return {
      {"never says a word", {}},
      {"hangs up at once", {hang_up()}},
      {"resets at once", {reset()}},
      {"says noise and stays", {say(noise(65536))}},
      {"says noise and leaves", {say(noise(65536)), hang_up()}},
      {"says noise for ever", {say_for_ever(noise(65536))}},
      {"a banner without end", {say("SSH-2.0-"), say_for_ever(std::string(65536, 'x'))}},
      {"lines before the banner without end", {say_for_ever("come in, come in\r\n")}},
      {"a banner of 8 MiB", {say("SSH-2.0-" + std::string(8U << 20U, 'x') + "\r\n")}},
      {"a web server",
       {await_line(), say("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), hang_up()}},
      {"a mail server", {say("220 mail.example.org ESMTP\r\n")}},
      {"the old protocol", {say("SSH-1.5-ancient\r\n")}},
      {"a banner, dripping", {drip(std::string(kBanner), 50ms)}},
      {"a banner and silence", after_banner({})},
      {"a banner and the end", after_banner({hang_up()})},
      {"a banner and a reset", after_banner({await_line(), reset()})},
  };
}

std::vector<Case> in_the_key_exchange() {
  constexpr unsigned char kInit = 20;
  std::string no_common = message(kInit, std::string(16, 'c'));
  for (int list = 0; list < 10; ++list) {
    no_common += ssh_string("rot13@example.org");
  }
  no_common += std::string(5, '\0');
  const std::string nothing_in_it = message(kInit);
  return {
      {"a packet of 2 GiB",
       after_banner({say(packet_with_length(0x7fffffffU, "x")), say_for_ever(noise(65536))})},
      {"a packet of 4 GiB", after_banner({say(packet_with_length(0xffffffffU, "x"))})},
      {"a packet of nothing", after_banner({say(packet_with_length(0, ""))})},
      {"a packet of one byte", after_banner({say(packet_with_length(1, ""))})},
      {"noise instead of packets", after_banner({say_for_ever(noise(65536))})},
      {"an init of one byte", after_banner({say(packet(nothing_in_it))})},
      {"an init cut short", after_banner({say(packet(key_exchange_init().substr(5, 40)))})},
      {"an init with a list longer than itself",
       after_banner(
           {say(packet(message(kInit, std::string(16, 'c') + "\xff\xff\xff\xff" + "abc")))})},
      {"an init without common algorithms", after_banner({say(packet(no_common))})},
      {"an init, dripping", after_banner({drip(key_exchange_init(), 20ms)})},
      {"an init and silence", in_key_exchange({})},
      {"an init and the end", in_key_exchange({hang_up()})},
      {"a second init", in_key_exchange({say(key_exchange_init())})},
      {"messages to ignore, without end",
       in_key_exchange({say_for_ever(packet(message(kIgnore, ssh_string(noise(30000)))))})},
      {"channel data without a channel, without end",
       in_key_exchange({say_for_ever(
           packet(message(kChannelData, std::string(4, '\0') + ssh_string(noise(30000)))))})},
      {"unknown messages, without end",
       in_key_exchange({say_for_ever(packet(message(200, noise(30000))))})},
  };
}

std::vector<Case> in_place_of_the_reply() {
  const std::string foreign_key = ssh_string(ssh_string("ssh-ed25519") + ssh_string(noise(32)));
  return {
      {"silence", in_key_exchange({await_packet()})},
      {"a goodbye with escapes in it",
       in_reply(packet(message(kDisconnect, std::string("\0\0\0\2", 4) +
                                                ssh_string("\x1b[2Jgone\r\n") + ssh_string(""))))},
      {"the login granted unasked", in_reply(packet(message(kUserAuthSuccess)))},
      {"a service accepted unasked",
       in_reply(packet(message(kServiceAccept, ssh_string("ssh-userauth"))))},
      {"new keys too early", in_reply(packet(message(kNewKeys)))},
      {"an empty reply", in_reply(packet(message(kKeyExchangeReply)))},
      {"a reply with a length beyond its end",
       in_reply(packet(message(kKeyExchangeReply, "\xff\xff\xff\xff")))},
      {"a reply of noise", in_reply(packet(message(kKeyExchangeReply, noise(300))))},
      {"a reply with an empty host key",
       in_reply(packet(
           message(kKeyExchangeReply, ssh_string("") + ssh_string(noise(32)) + ssh_string(""))))},
      {"a reply nobody signed",
       in_reply(packet(message(
           kKeyExchangeReply, foreign_key + ssh_string(noise(32)) +
                                  ssh_string(ssh_string("ssh-ed25519") + ssh_string(noise(64))))))},
      {"a reply with a point of order one",
       in_reply(packet(message(
           kKeyExchangeReply, foreign_key + ssh_string(std::string(32, '\0')) +
                                  ssh_string(ssh_string("ssh-ed25519") + ssh_string(noise(64))))))},
  };
}

void check_refused(Client &client, const Case &hostile_case) {
  INFO("the server: " << hostile_case.name);
  const HostileServer server(hostile_case.script);
  reset_peak();
  const double before = peak_mebibytes();
  const auto end = client.run(server.port());
  REQUIRE(end.has_value());
  REQUIRE_FALSE(end->has_value());
  const Error &error = end->error();
  INFO(error.message);
  CHECK(to_word(error.code) == "unreachable");
  CHECK(error.message.find("127.0.0.1") != std::string::npos);
  CHECK(error.message.find('\x1b') == std::string::npos);
  // Whoever gave up has also hung up: a flood must not go on behind the answer.
  CHECK(eventually([&] { return server.open() == 0; }, kGrace));
  // A packet may be 35,000 bytes and libssh2 queues some; megabytes are somebody else's idea.
  if (kMemoryIsTelling) {
    CHECK(peak_mebibytes() - before < 24);
  }
}

} // namespace

TEST_CASE("servers that are hostile before the key exchange are unreachable") {
  Client client;
  for (const Case &each : before_the_key_exchange()) {
    check_refused(client, each);
  }
}

TEST_CASE("servers that are hostile in the key exchange are unreachable") {
  Client client;
  for (const Case &each : in_the_key_exchange()) {
    check_refused(client, each);
  }
}

TEST_CASE("servers that answer the key exchange wrongly are unreachable") {
  Client client;
  for (const Case &each : in_place_of_the_reply()) {
    check_refused(client, each);
  }
}

TEST_CASE("an engine that met hostile servers still serves a good one") {
  if (!Sshd::is_available()) {
    WARN("no sshd on this machine: skipped");
    return;
  }
  Client client;
  check_refused(client, {"a banner and silence", after_banner({})});
  check_refused(client,
                {"a reply of noise", in_reply(packet(message(kKeyExchangeReply, noise(300))))});
  const Sshd sshd;
  client.host.user = sshd.user();
  client.host.key_files = {sshd.client_key()};
  client.host.connect_timeout = 10s;
  const auto end = client.run(sshd.port());
  REQUIRE(end.has_value());
  INFO((*end ? std::string() : end->error().message));
  REQUIRE(end->has_value());
  CHECK((*end)->exit_code == 0);
}
