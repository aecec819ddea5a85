// Hosts behind other hosts: sessions in the channels of other sessions, on real servers.
#include "core/base/digest.hpp"
#include "tests/unit/ssh/engine_fixture.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

using namespace mre;
using namespace mre::testing;

namespace {

config::HostConfig named(const Sshd &sshd, const std::string &name,
                         std::vector<std::string> jumps = {}) {
  auto host = host_for(sshd);
  host.name = name;
  host.jumps = std::move(jumps);
  return host;
}

config::HostBook book_of(const std::vector<config::HostConfig> &hosts) {
  config::HostBook book;
  for (const auto &host : hosts) {
    book.hosts.emplace(host.name, host);
  }
  return book;
}

std::size_t logins(const Sshd &sshd) {
  const std::string log = sshd.log();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = log.find("Accepted publickey", at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

std::shared_ptr<CollectingObserver> start(EngineFixture &fixture, const config::HostConfig &host,
                                          const std::string &command, Milliseconds timeout) {
  auto observer = std::make_shared<CollectingObserver>();
  ssh::ExecRequest request;
  request.host = host;
  request.command = command;
  request.timeout = timeout;
  fixture.engine->start(std::move(request), observer);
  return observer;
}

// A port of which connections come neither through nor back: its line is full.
class DeafPort {
public:
  DeafPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), size) == 0);
    REQUIRE(::listen(listener_.get(), 0) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &size) == 0);
    for (int i = 0; i < 4; ++i) { // more than the line takes
      callers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(callers_.back().get(), reinterpret_cast<sockaddr *>(&address), size);
    }
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }

private:
  UniqueFd listener_;
  std::vector<UniqueFd> callers_;
  std::uint16_t port_ = 0;
};

} // namespace

TEST_CASE("commands and files go through one jump and through two, over one connection each") {
  Sshd first;
  Sshd second;
  Sshd third;
  const auto gate = named(first, "gate");
  const auto near = named(second, "near", {"gate"});
  const auto far = named(third, "far", {"near"});
  const auto spelled = named(third, "spelled", {"gate", "near"});
  EngineFixture fixture(book_of({gate, near, far, spelled}));
  const std::string who = "echo $SSH_CONNECTION | cut -d' ' -f4";
  for (const auto &[host, server] : {std::pair(&near, &second), std::pair(&far, &third),
                                     std::pair(&gate, &first), std::pair(&spelled, &third)}) {
    const auto ran = fixture.run(*host, who);
    INFO(host->name << (ran.end ? "" : ran.end.error().message));
    CHECK(ran.out == std::to_string(server->port()) + "\n");
  }
  CHECK(fixture.engine->is_connected(gate));
  CHECK(fixture.engine->is_connected(far));
  auto lease = fixture.engine->lease_sftp(far, ssh::LeaseKind::metadata, {});
  REQUIRE(lease);
  CHECK(logins(first) == 1);
  CHECK(logins(second) == 1);
  CHECK(logins(third) == 2); // two names, two entries of the book
}

TEST_CASE("what goes through a jump arrives whole, both ways at once") {
  Sshd outer;
  Sshd inner;
  const auto gate = named(outer, "gate");
  const auto host = named(inner, "host", {"gate"});
  EngineFixture fixture(book_of({gate, host}));
  ssh::ExecRequest request;
  request.host = host;
  request.command = "cat";
  request.timeout = Milliseconds(60000);
  for (int i = 0; i < 400000; ++i) {
    request.input += std::to_string(i) + "\n";
  }
  const std::string sent = request.input;
  const auto both = fixture.run(std::move(request));
  REQUIRE(both.end);
  CHECK(both.out.size() == sent.size());
  CHECK(sha256_hex(both.out) == sha256_hex(sent));
  // A reader that stops reading stops the far side, and nothing is lost when it goes on.
  const auto slow = std::make_shared<CollectingObserver>();
  slow->room_ = 1U << 20U;
  ssh::ExecRequest stream;
  stream.host = host;
  stream.command = "head -c 20000000 /dev/zero";
  stream.timeout = Milliseconds(60000);
  const auto execution = fixture.engine->start(std::move(stream), slow);
  REQUIRE(eventually([&] { return slow->received > 0; }));
  slow->room_ = 0;
  CHECK(fixture.run(host, "echo beside").out == "beside\n");
  slow->room_ = 1U << 20U;
  execution->resume();
  REQUIRE(slow->wait());
  CHECK(slow->out.size() == 20000000);
}

TEST_CASE("a jump host that is lost tells every session behind it, and the next call reconnects") {
  Sshd outer;
  Sshd inner;
  Sshd other;
  const auto gate = named(outer, "gate");
  const auto one = named(inner, "one", {"gate"});
  const auto two = named(other, "two", {"gate"});
  EngineFixture fixture(book_of({gate, one, two}));
  std::vector<std::shared_ptr<CollectingObserver>> running;
  for (const auto &host : {one, two}) {
    running.push_back(start(fixture, host, "echo up; sleep 300", Milliseconds(100000)));
  }
  for (const auto &observer : running) {
    REQUIRE(eventually([&] { return observer->received > 0; }));
  }
  outer.kill_connections();
  for (const auto &observer : running) {
    const auto end = observer->wait();
    REQUIRE(end);
    CHECK(end->outcome == ssh::Outcome::lost);
    CHECK(end->remote_process == ssh::RemoteProcess::unknown);
  }
  CHECK(fixture.run(one, "echo again").out == "again\n");
  CHECK(fixture.run(two, "echo again").out == "again\n");
}

TEST_CASE("what fails on the way names the jump host") {
  Sshd outer;
  Sshd closed({.extra_config = {"AllowTcpForwarding no"}});
  Sshd inner;
  auto stranger = named(outer, "stranger");
  stranger.key_files = {outer.make_client_key("unknown", "ed25519")};
  auto gone = named(inner, "gone", {"gate"});
  gone.port = 1; // nobody listens there
  const auto gate = named(outer, "gate");
  const auto shut = named(closed, "shut");
  const auto loop = named(inner, "loop", {"loop"});
  EngineFixture fixture(book_of({gate, shut, stranger, loop}));
  const auto failure = [&](const config::HostConfig &host) {
    const auto ran = fixture.run(host, "true");
    REQUIRE_FALSE(ran.end);
    return ran.end.error();
  };
  const Error refused = failure(gone);
  CHECK(refused.code == Errc::unreachable);
  CHECK(has(refused.message, "gone (127.0.0.1:1) through gate"));
  CHECK(has(refused.message, "did not connect to 127.0.0.1:1"));
  const Error forbidden = failure(named(inner, "inside", {"shut"}));
  CHECK(forbidden.code == Errc::unreachable);
  CHECK(has(forbidden.hint, "AllowTcpForwarding"));
  const Error denied = failure(named(inner, "behind", {"stranger"}));
  CHECK(denied.code == Errc::auth_failed);
  CHECK(has(denied.message, "through stranger"));
  const Error missing = failure(named(inner, "lonely", {"nobody"}));
  CHECK(missing.code == Errc::not_found);
  CHECK(has(missing.message, "names \"nobody\""));
  CHECK(has(failure(loop).message, "leads back to itself"));
  // None of this has hurt the jump host.
  CHECK(fixture.run(named(inner, "fine", {"gate"}), "echo fine").out == "fine\n");
}

TEST_CASE("a host that a jump host cannot reach delays no other, on the jump host or behind it") {
  Sshd outer;
  Sshd inner;
  const DeafPort deaf;
  const auto gate = named(outer, "gate");
  auto silent = named(inner, "silent", {"gate"});
  silent.port = deaf.port();
  silent.connect_timeout = Milliseconds(60000);
  const auto host = named(inner, "host", {"gate"});
  EngineFixture fixture(book_of({gate, silent, host}));
  CHECK(fixture.run(gate, "echo before").out == "before\n");
  const auto stuck = start(fixture, silent, "true", Milliseconds(50000));
  const auto more = start(fixture, host, "echo behind", Milliseconds(30000));
  CHECK(fixture.run(gate, "echo beside").out == "beside\n");
  REQUIRE(more->wait());
  CHECK(more->out == "behind\n");
  CHECK_FALSE(stuck->has_ended());
}

TEST_CASE("a jump host that gives nobody a session is still a jump host") {
  Sshd outer({.extra_config = {"MaxSessions 0"}});
  Sshd inner;
  const auto gate = named(outer, "gate");
  const auto host = named(inner, "host", {"gate"});
  EngineFixture fixture(book_of({gate, host}));
  CHECK(fixture.run(host, "echo in").out == "in\n");
  CHECK(fixture.run(host, "echo again").out == "again\n");
  CHECK(logins(outer) == 1);
  const auto ran = fixture.run(gate, "true");
  REQUIRE_FALSE(ran.end);
  CHECK(has(ran.end.error().message, "the server refuses to open a session"));
}

TEST_CASE("an idle jump host stays while a session behind it lives, and goes after the last one") {
  Sshd outer;
  Sshd inner;
  Sshd clock; // a command elsewhere lets time pass
  auto gate = named(outer, "gate");
  auto host = named(inner, "host", {"gate"});
  auto other = named(inner, "other", {"gate"});
  gate.idle_timeout = Milliseconds(200);
  EngineFixture fixture(book_of({gate, host, other}));
  CHECK(fixture.run(host, "echo in").out == "in\n");
  CHECK(fixture.run(other, "echo in").out == "in\n");
  REQUIRE(fixture.run(named(clock, "clock"), "sleep 1.5").end); // seven times as long
  CHECK(fixture.engine->is_connected(gate));
  CHECK(fixture.engine->is_connected(host));
  CHECK(fixture.run(host, "echo still").out == "still\n");
  CHECK(logins(outer) == 1);
  CHECK(logins(inner) == 2);
  // The sessions behind it end one after the other: the jump host goes with the last.
  inner.kill_connections();
  CHECK(eventually([&] { return !fixture.engine->is_connected(host); }));
  CHECK(eventually([&] { return outer.connections().empty(); }));
  CHECK_FALSE(fixture.engine->is_connected(gate));
  CHECK(fixture.run(host, "echo again").out == "again\n");
  CHECK(logins(outer) == 2);
}

TEST_CASE("a session behind a jump host that is idle itself is closed first, then the jump host") {
  Sshd outer;
  Sshd inner;
  auto gate = named(outer, "gate");
  auto host = named(inner, "host", {"gate"});
  gate.idle_timeout = Milliseconds(200);
  host.idle_timeout = Milliseconds(200);
  EngineFixture fixture(book_of({gate, host}));
  CHECK(fixture.run(host, "echo in").out == "in\n");
  CHECK(eventually([&] { return inner.connections().empty(); }));
  CHECK(eventually([&] { return outer.connections().empty(); }));
  CHECK(fixture.run(host, "echo again").out == "again\n");
  CHECK(logins(outer) == 2);
}
