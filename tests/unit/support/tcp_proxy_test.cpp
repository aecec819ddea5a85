// The proxy is what later tests trust: every misbehaviour it promises is checked against plain
// sockets.
#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>

using namespace mre::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 5000ms;

// A proxy with both of its neighbours in the test's hands.
struct Line {
  Listener listener = listen_loopback().value();
  std::unique_ptr<TcpProxy> proxy = TcpProxy::start(listener.port).value();
  mre::UniqueFd client;
  mre::UniqueFd server;

  void connect() {
    client = connect_loopback(proxy->port());
    REQUIRE(client);
    REQUIRE(wait_readable(listener.socket.get(), kPatience));
    server = mre::UniqueFd(::accept(listener.socket.get(), nullptr, nullptr));
    REQUIRE(server);
    set_no_delay(server.get());
  }
};

void put(const mre::UniqueFd &socket, const std::string &bytes) {
  REQUIRE(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

std::string get(const mre::UniqueFd &socket, std::size_t size,
                std::chrono::milliseconds span = kPatience) {
  return read_some(socket.get(), size, span);
}

// How the stream ends: 0 for an orderly end, otherwise errno; -1 when it does not end.
int end_of(const mre::UniqueFd &socket) {
  if (!wait_readable(socket.get(), kPatience)) {
    return -1;
  }
  char byte = 0;
  return ::recv(socket.get(), &byte, 1, 0) == 0 ? 0 : errno;
}

} // namespace

TEST_CASE("bytes pass in both directions, unchanged and counted") {
  Line line;
  line.connect();
  put(line.client, "question");
  CHECK(get(line.server, 8) == "question");
  put(line.server, "an answer");
  CHECK(get(line.client, 9) == "an answer");
  const TcpProxyCounts counts = line.proxy->counts();
  CHECK(counts.accepted == 1);
  CHECK(counts.open == 1);
  CHECK(counts.bytes_to_server == 8);
  CHECK(counts.bytes_to_client == 9);
}

TEST_CASE("a delay each way adds up to the round trip") {
  Line line;
  line.proxy->set_delay(30ms);
  line.connect();
  const auto begin = std::chrono::steady_clock::now();
  put(line.client, "ping");
  CHECK(get(line.server, 4) == "ping");
  CHECK(std::chrono::steady_clock::now() - begin >= 30ms);
  put(line.server, "pong");
  CHECK(get(line.client, 4) == "pong");
  CHECK(std::chrono::steady_clock::now() - begin >= 60ms);
}

TEST_CASE("delayed pieces are in flight together, not one after the other") {
  Line line;
  line.proxy->set_delay(Direction::to_server, 200ms);
  line.connect();
  const auto begin = std::chrono::steady_clock::now();
  for (int piece = 0; piece < 10; ++piece) {
    put(line.client, "0123456789");
  }
  CHECK(get(line.server, 100).size() == 100);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took >= 200ms);
  CHECK(took < 1500ms); // ten times 200 ms would be two seconds
}

TEST_CASE("a rate limit holds bytes back") {
  Line line;
  line.proxy->set_rate(Direction::to_server, 100'000);
  line.connect();
  const auto begin = std::chrono::steady_clock::now();
  put(line.client, std::string(20'000, 'x'));
  CHECK(get(line.server, 20'000).size() == 20'000);
  CHECK(std::chrono::steady_clock::now() - begin >= 190ms);
}

TEST_CASE("a cut after N bytes lets exactly N bytes through") {
  Line line;
  line.proxy->cut_after(Direction::to_client, 1000);
  line.connect();
  put(line.server, std::string(700, 'a'));
  CHECK(get(line.client, 700).size() == 700);
  put(line.server, std::string(5000, 'b'));
  CHECK(get(line.client, 6000) == std::string(300, 'b'));
  CHECK(end_of(line.client) == 0);
  CHECK(line.proxy->counts().open == 0);
  CHECK(line.proxy->counts().bytes_to_client == 1000);
}

TEST_CASE("a cut can be a reset") {
  Line line;
  line.connect();
  put(line.client, "x");
  CHECK(get(line.server, 1) == "x");
  line.proxy->cut_all(CutStyle::reset);
  CHECK(end_of(line.client) == ECONNRESET);
  CHECK(end_of(line.server) == ECONNRESET);
}

TEST_CASE("a half-close ends one direction and leaves the other") {
  Line line;
  line.connect();
  put(line.client, "last words");
  CHECK(get(line.server, 10) == "last words");
  line.proxy->half_close_all(Direction::to_server);
  CHECK(end_of(line.server) == 0);
  put(line.server, "still here");
  CHECK(get(line.client, 10) == "still here");
}

TEST_CASE("an end of the stream is passed on after its bytes") {
  Line line;
  line.proxy->set_delay(20ms);
  line.connect();
  put(line.client, "all");
  line.client.reset();
  CHECK(get(line.server, 10) == "all");
  CHECK(end_of(line.server) == 0);
}

TEST_CASE("a black hole swallows a live connection and accepts new ones that never answer") {
  Line line;
  line.connect();
  line.proxy->set_black_hole(true);
  put(line.client, "into the dark");
  CHECK(get(line.server, 1, 100ms).empty());
  const mre::UniqueFd late = connect_loopback(line.proxy->port());
  REQUIRE(late);
  put(late, "hello?");
  CHECK_FALSE(wait_readable(late.get(), 100ms));
  // The server's end is not told of it either: no byte, no end.
  line.server.reset();
  CHECK_FALSE(wait_readable(line.client.get(), 100ms));

  line.proxy->set_black_hole(false);
  put(line.client, "still dark");
  CHECK_FALSE(wait_readable(line.client.get(), 100ms));
  line.connect();
  put(line.client, "light");
  CHECK(get(line.server, 5) == "light");
}

TEST_CASE("pausing freezes everything and resuming loses nothing") {
  Line line;
  line.connect();
  line.proxy->pause();
  put(line.client, "frozen");
  CHECK(get(line.server, 1, 100ms).empty());
  line.proxy->resume();
  CHECK(get(line.server, 6) == "frozen");
}

TEST_CASE("with nobody behind the proxy a client sees its connection end") {
  Line line;
  line.listener.socket.reset();
  const mre::UniqueFd client = connect_loopback(line.proxy->port());
  REQUIRE(client);
  CHECK(end_of(client) == 0);
}

TEST_CASE("stopping closes live connections and may be repeated") {
  Line line;
  line.connect();
  line.proxy->stop();
  line.proxy->stop();
  CHECK(end_of(line.client) == 0);
  CHECK_FALSE(connect_loopback(line.proxy->port()));
}
