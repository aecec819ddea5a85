#include "http.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/imagekit_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

using namespace imagekit;
using namespace mre::testing;

namespace {

constexpr const char *kPath = "/acct/f/a.bin";
const HttpLimits kShort{std::chrono::milliseconds(500), std::chrono::milliseconds(300)};

HttpRequest get(const std::string &url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  return request;
}

// A port of loopback that takes connections and never says a word; closed, nobody listens there.
struct QuietPort {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};

  QuietPort() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto *raw = reinterpret_cast<sockaddr *>(&address);
    socklen_t length = sizeof address;
    REQUIRE(::bind(socket, raw, length) == 0);
    REQUIRE(::listen(socket, 4) == 0);
    REQUIRE(::getsockname(socket, raw, &length) == 0);
  }
  ~QuietPort() { close(); }
  void close() {
    if (socket >= 0) {
      ::close(std::exchange(socket, -1));
    }
  }
  std::string url() const {
    return "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
};

// The trouble that sending or reading ends in.
std::optional<Trouble> trouble_of(const HttpClient &client, const HttpRequest &request) {
  const StopFlag stop;
  const Patience patience(stop);
  try {
    client.send(request, patience)->text(1U << 20U);
  } catch (const TransportFailure &failure) {
    CHECK_FALSE(failure.hint().empty());
    return failure.trouble();
  }
  return std::nullopt;
}

void keep_public_file(ImageKitServer &server, const std::string &bytes) {
  server.store().put({"", "a.bin", "/f", bytes, false, 1});
}

} // namespace

TEST_CASE("an answer comes with its status, headers and whole body") {
  ImageKitServer server;
  const std::string bytes(100000, 'x');
  keep_public_file(server, bytes);
  const HttpClient client(server.ca_file(), {});
  const StopFlag stop;
  const Patience patience(stop);
  const auto response = client.send(get(server.address() + kPath), patience);
  CHECK(response->status() == 200);
  CHECK(response->header("X-IK-RequestId") == "stand-in-1");
  CHECK(response->header("absent").empty());
  CHECK(response->text(1U << 20U) == bytes);
  CHECK(client.send(get(server.address() + "/elsewhere"), patience)->status() == 404);
}

TEST_CASE("a certificate of an unknown authority is refused, on loopback too") {
  ImageKitServer server;
  CHECK(trouble_of(HttpClient("", {}), get(server.address() + kPath)) == Trouble::tls);
  CHECK(server.requests().empty());
}

TEST_CASE("a certificate for another name is refused, on loopback too") {
  ImageKitServer server({"elsewhere.example", false});
  CHECK(trouble_of(HttpClient(server.ca_file(), {}), get(server.address() + kPath)) ==
        Trouble::tls);
  CHECK(server.requests().empty());
}

TEST_CASE("authorities that cannot be read stop the start and are named") {
  try {
    const HttpClient client("/nowhere/ca.pem", {});
    FAIL("it was taken");
  } catch (const mre::Error &error) {
    CHECK(std::string(error.what()).find("IMAGEKIT_CA_FILE=/nowhere/ca.pem") != std::string::npos);
  }
  const TemporaryFolder folder;
  CHECK_THROWS_AS(HttpClient(folder.write("no.pem", "no certificate"), {}), mre::Error);
}

TEST_CASE("nobody listening and a name nobody knows are unreachable") {
  const HttpClient client("", {});
  QuietPort nobody;
  nobody.close();
  // A name that no name server is asked for: its label is too long.
  CHECK(trouble_of(client, get(nobody.url())) == Trouble::unreachable);
  CHECK(trouble_of(client, get("https://" + std::string(64, 'a') + ".invalid/")) ==
        Trouble::unreachable);
}

TEST_CASE("a peer that says nothing is given up, before and after the handshake") {
  const QuietPort silent;
  const HttpClient client("", {}, kShort);
  CHECK(trouble_of(client, get(silent.url())) == Trouble::timed_out);
  ImageKitServer server;
  server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::silence});
  CHECK(trouble_of(HttpClient(server.ca_file(), {}, kShort), get(server.address() + kPath)) ==
        Trouble::timed_out);
}

TEST_CASE("a peer that never falls silent and never ends is given up as well") {
  ImageKitServer server;
  keep_public_file(server, std::string(1000, 'x'));
  server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::trickle});
  HttpLimits limits;
  limits.exchange = std::chrono::milliseconds(1000);
  CHECK(trouble_of(HttpClient(server.ca_file(), {}, limits), get(server.address() + kPath)) ==
        Trouble::timed_out);
}

namespace {

// An HTTP proxy for one connection after the other: understands CONNECT, keeps the request's head.
class TestProxy {
public:
  TestProxy() : thread_([this] { serve(); }) {}
  ~TestProxy() {
    ::shutdown(port_.socket, SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://user:pass@" + port_.url().substr(8); }
  std::string head() const {
    const std::lock_guard lock(mutex_);
    return head_;
  }

private:
  void serve() {
    for (;;) {
      const int client = ::accept(port_.socket, nullptr, nullptr);
      if (client < 0) {
        return;
      }
      std::string head;
      std::array<char, 1024> bytes{};
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::read(client, bytes.data(), bytes.size());
        if (got <= 0) {
          break;
        }
        head.append(bytes.data(), static_cast<std::size_t>(got));
      }
      {
        const std::lock_guard lock(mutex_);
        head_ = head;
      }
      relay(client, head);
      ::close(client);
    }
  }
  static void relay(int client, const std::string &head) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(
        std::stoi(head.substr(std::string("CONNECT 127.0.0.1:").size()))));
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(server, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0) {
      const std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
      static_cast<void>(!::write(client, answer.data(), answer.size()));
      std::thread back([&] { pump(server, client); });
      pump(client, server);
      back.join();
    }
    ::close(server);
  }
  static void pump(int from, int to) {
    std::array<char, 16384> bytes{};
    for (ssize_t got = 0; (got = ::read(from, bytes.data(), bytes.size())) > 0;) {
      if (::write(to, bytes.data(), static_cast<std::size_t>(got)) != got) {
        break;
      }
    }
    ::shutdown(from, SHUT_RDWR);
    ::shutdown(to, SHUT_RDWR);
  }

  QuietPort port_;
  mutable std::mutex mutex_;
  std::string head_;
  std::thread thread_;
};

} // namespace

TEST_CASE("a proxy is asked for a tunnel, with its password, and the certificate is the server's") {
  ImageKitServer server;
  keep_public_file(server, "hello");
  const TestProxy proxy;
  const StopFlag stop;
  const Patience patience(stop);
  const HttpClient client(server.ca_file(), {proxy.url(), ""});
  CHECK(client.send(get(server.address() + kPath), patience)->text(100) == "hello");
  CHECK(proxy.head().rfind("CONNECT 127.0.0.1:", 0) == 0);
  CHECK(proxy.head().find("Proxy-Authorization: Basic dXNlcjpwYXNz") != std::string::npos);
  CHECK(trouble_of(HttpClient("", {proxy.url(), ""}), get(server.address() + kPath)) ==
        Trouble::tls);
  ImageKitServer other({"elsewhere.example", false});
  CHECK(trouble_of(HttpClient(other.ca_file(), {proxy.url(), ""}), get(other.address() + kPath)) ==
        Trouble::tls);
}

TEST_CASE("an answer that breaks off in the middle is cut, not short") {
  ImageKitServer server;
  keep_public_file(server, std::string(100000, 'x'));
  server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::cut});
  CHECK(trouble_of(HttpClient(server.ca_file(), {}), get(server.address() + kPath)) ==
        Trouble::cut);
}

TEST_CASE("a connection that ends without an answer is cut, and nobody's certificate is to blame") {
  ImageKitServer server;
  server.fail({.call = ImageKitCall::upload, .kind = FaultKind::store_then_cut});
  HttpRequest request;
  request.method = "POST";
  request.url = server.address() + "/api/v1/files/upload";
  request.headers = {{"Content-Type", "multipart/form-data; boundary=x"}};
  request.head = "--x\r\nContent-Disposition: form-data; name=\"fileName\"\r\n\r\na\r\n--x--\r\n";
  CHECK(trouble_of(HttpClient(server.ca_file(), {}), request) == Trouble::cut);
}

TEST_CASE("a cancel ends the wait for a silent peer") {
  ImageKitServer server;
  server.fail({.call = ImageKitCall::deliver, .kind = FaultKind::silence});
  const HttpClient client(server.ca_file(), {});
  StopFlag stop;
  const Patience patience(stop);
  std::thread ender([&] {
    while (server.requests().empty()) {
      std::this_thread::yield();
    }
    stop.raise();
  });
  mre_status status = MRE_OK;
  try {
    client.send(get(server.address() + kPath), patience);
  } catch (const mre::Error &error) {
    status = error.status();
  }
  ender.join();
  CHECK(status == MRE_CANCELLED);
}

TEST_CASE("a body that is shorter or longer than announced is never sent as if it were right") {
  ImageKitServer server;
  const HttpClient client(server.ca_file(), {});
  const StopFlag stop;
  const Patience patience(stop);
  for (const std::uint64_t announced : {3U, 7U}) {
    const Feed feed = [](const Output &output) { output("hello"); };
    HttpRequest request;
    request.method = "POST";
    request.url = server.address() + "/api/v1/files/upload";
    request.stream = &feed;
    request.stream_bytes = announced;
    try {
      client.send(request, patience);
      FAIL("it was sent");
    } catch (const mre::Error &error) {
      CHECK(error.status() == MRE_CONFLICT);
    }
  }
}
