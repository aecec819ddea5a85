// Transports as plugins, proven by one that is not ours: lines on a Unix socket, written against
// the installed headers only. And the life of a daemon that has nothing but transports.
#include "tests/integration/bench.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <cstring>

using namespace mre;
using namespace mre::testing;

namespace {

Environment offline(const std::string &socket) {
  return {{"I_ACCEPT_RISKS", "true"},
          {"HOST", "127.0.0.1"},
          {"SSH_PORT", "1"},
          {"SSH_PASSWORD", "not-used-here"},
          {"MRE_PLUGINS", std::string(MRE_FIXTURE_PLUGINS) + "/unix_socket.so"},
          {"MRE_UNIX_SOCKET_PATH", socket}};
}

class SocketClient {
public:
  explicit SocketClient(const std::string &path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(eventually(
        [&] {
          fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
          return ::connect(fd_.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
        },
        kPatience));
  }
  void send(const Json &message) {
    const std::string line = message.dump() + "\n";
    REQUIRE(::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(line.size()));
  }
  // Null when the server closed.
  Json receive() {
    while (buffer_.find('\n') == std::string::npos) {
      pollfd wait{fd_.get(), POLLIN, 0};
      REQUIRE(::poll(&wait, 1, static_cast<int>(kPatience.count())) == 1);
      char bytes[65536];
      const ssize_t count = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (count <= 0) {
        return nullptr;
      }
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
    const std::size_t end = buffer_.find('\n');
    Json message = Json::parse(buffer_.substr(0, end));
    buffer_.erase(0, end + 1);
    return message;
  }
  Json ask(const std::string &method, Json params) {
    send({{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}});
    return receive();
  }
  void close() { fd_.reset(); }

private:
  UniqueFd fd_;
  std::string buffer_;
};

Json modern(Json params = Json::object()) {
  params["_meta"] = ServerProcess::modern_meta();
  return params;
}

} // namespace

TEST_CASE("a transport that knows nothing of the protocol serves both generations beside stdio") {
  const TemporaryFolder folder;
  ServerProcess server({.environment = offline(folder / "s")});
  server.initialize();
  SocketClient first(folder / "s");
  SocketClient second(folder / "s");
  CHECK(first.ask("tools/list", modern()).at("result").at("resultType") == "complete");
  // No handshake on this connection, whatever happened on others.
  CHECK(second.ask("tools/list", Json::object()).contains("error"));
  CHECK(
      second
          .ask("initialize", {{"protocolVersion", "2025-06-18"}, {"capabilities", Json::object()}})
          .at("result")
          .at("protocolVersion") == "2025-06-18");
  CHECK(second.ask("tools/list", Json::object()).contains("result"));
  CHECK(server.request("tools/list").contains("result"));
  server.close_input();
  CHECK(server.wait()->exit_code == 0);
  CHECK(first.receive() == nullptr);
}

TEST_CASE("a client of a transport that leaves takes its remote process with it") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const TemporaryFolder folder;
  auto environment = bench.environment(offline(folder / "s"));
  environment["SSH_PORT"] = std::to_string(bench.sshd.port());
  environment.erase("SSH_PASSWORD");
  ServerProcess server({.environment = environment, .arguments = {"serve", "--no-stdio"}});
  const RemoteSleep sleep;
  SocketClient client(folder / "s");
  client.send({{"jsonrpc", "2.0"},
               {"id", 1},
               {"method", "tools/call"},
               {"params", modern({{"name", "ssh_exec_command"},
                                  {"arguments", {{"command", std::string(sleep)}}}})}});
  REQUIRE(eventually([&] { return runs(sleep); }, kPatience));
  client.close();
  CHECK(eventually([&] { return !runs(sleep); }, kPatience));
}

TEST_CASE(
    "a daemon ends by a signal: subscriptions are ended in words, remote processes for good") {
  if (!Sshd::is_available()) {
    WARN("SKIPPED: no sshd here");
    return;
  }
  const Bench bench;
  const TemporaryFolder folder;
  auto environment = bench.environment(offline(folder / "s"));
  environment["SSH_PORT"] = std::to_string(bench.sshd.port());
  environment.erase("SSH_PASSWORD");
  ServerProcess server({.environment = environment, .arguments = {"serve", "--no-stdio"}});
  SocketClient listener(folder / "s");
  SocketClient caller(folder / "s");
  CHECK(listener
            .ask("subscriptions/listen", modern({{"notifications", {{"toolsListChanged", true}}}}))
            .at("method") == "notifications/subscriptions/acknowledged");
  const RemoteSleep sleep;
  caller.send({{"jsonrpc", "2.0"},
               {"id", 7},
               {"method", "tools/call"},
               {"params", modern({{"name", "ssh_exec_command"},
                                  {"arguments", {{"command", std::string(sleep)}}}})}});
  REQUIRE(eventually([&] { return runs(sleep); }, kPatience));
  server.signal(SIGTERM);
  CHECK(listener.receive().at("method") == "notifications/cancelled");
  CHECK(listener.receive().at("result").at("resultType") == "complete");
  const Json answer = caller.receive();
  CHECK(answer.at("id") == 7);
  CHECK(answer.at("result").at("structuredContent").at("outcome") == "cancelled");
  CHECK(server.wait()->exit_code == 0);
  CHECK_FALSE(runs(sleep));
}

TEST_CASE("a transport that cannot listen stops the start with its reason") {
  const TemporaryFolder folder;
  ServerProcess first({.environment = offline(folder / "s")});
  first.initialize();
  const auto ran = run_server({.environment = offline(folder / "s")});
  CHECK(ran.exit_code() == 2);
  CHECK(holds(ran.error, "cannot listen on " + (folder / "s")));
  CHECK(ran.output.empty());
}
