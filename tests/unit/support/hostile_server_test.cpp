// The hostile server plays its script as written, to every client from the beginning.
#include "tests/support/catch.hpp"
#include "tests/support/hostile_server.hpp"
#include "tests/support/loopback.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>

using namespace mre::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 5000ms;

mre::UniqueFd connect(const HostileServer &server) {
  mre::UniqueFd socket = connect_loopback(server.port());
  REQUIRE(socket);
  return socket;
}

void put(const mre::UniqueFd &socket, std::string_view bytes) {
  REQUIRE(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

} // namespace

TEST_CASE("a script waits for the client's line and then speaks") {
  const HostileServer server({hostile::await_line(), hostile::say("hello"), hostile::hang_up()});
  const auto client = connect(server);
  put(client, "SSH-2.0-");
  CHECK_FALSE(wait_readable(client.get(), 50ms));
  put(client, "me\r\n");
  CHECK(read_some(client.get(), 100, kPatience) == "hello");
  CHECK(server.connections() == 1);
}

TEST_CASE("a script waits for a whole packet") {
  const HostileServer server({hostile::await_packet(), hostile::say("got it")});
  const auto client = connect(server);
  const std::string packet = hostile::packet("payload");
  CHECK(packet.size() % 8 == 0);
  put(client, packet.substr(0, 6));
  CHECK_FALSE(wait_readable(client.get(), 50ms));
  put(client, packet.substr(6));
  CHECK(read_some(client.get(), 6, kPatience) == "got it");
}

TEST_CASE("an endless script sends as long as the client reads, to two clients at once") {
  const HostileServer server({hostile::say_for_ever(std::string(10000, 'x'))});
  const auto one = connect(server);
  const auto two = connect(server);
  CHECK(read_some(one.get(), 3'000'000, kPatience).size() == 3'000'000);
  CHECK(read_some(two.get(), 3'000'000, kPatience).size() == 3'000'000);
  CHECK(server.bytes_sent() >= 6'000'000);
}

TEST_CASE("a drip takes its time") {
  const HostileServer server({hostile::drip("slowly", 20ms), hostile::hang_up()});
  const auto client = connect(server);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(read_some(client.get(), 100, kPatience) == "slowly");
  CHECK(std::chrono::steady_clock::now() - begin >= 100ms);
}

TEST_CASE("a script may end with a reset or with silence") {
  const HostileServer rude({hostile::say("x"), hostile::await_line(), hostile::reset()});
  const auto client = connect(rude);
  CHECK(read_some(client.get(), 1, kPatience) == "x");
  put(client, "\n");
  REQUIRE(wait_readable(client.get(), kPatience));
  char byte = 0;
  CHECK(::recv(client.get(), &byte, 1, 0) == -1);
  CHECK(errno == ECONNRESET);

  const HostileServer silent(std::vector<hostile::Step>{});
  const auto waiting = connect(silent);
  put(waiting, "anybody there?\r\n");
  CHECK_FALSE(wait_readable(waiting.get(), 100ms));
}
