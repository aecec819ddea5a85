#include "plugins/http/connection.hpp"
#include "plugins/http/limits.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <string>

using namespace mre_http;
using std::chrono::seconds;

namespace {

// The host behind mre.peer/1: remembers what it was asked, says what the test says.
struct FakeHost {
  int asked = 0;
  std::atomic<int> closed{0}; // by whoever sees the end first
  std::string body;
  std::vector<std::string> names;
  mre_outlet outlet{};
  // What stands in the way of a body that is not read at once.
  std::optional<std::shared_future<void>> gate;

  void say(const std::string &text, std::uint32_t flags, int status = 200) const {
    mre_outgoing outgoing{};
    outgoing.size = sizeof outgoing;
    outgoing.flags = flags;
    outgoing.status = status;
    outgoing.message = mre::borrow(text);
    outlet.send(outlet.ctx, &outgoing);
  }
};
FakeHost *fake = nullptr; // the tables have no place for a pointer

mre_status take_request(const mre_host *, const mre_peer_request *request, mre_peer **peer,
                        mre_error *) {
  if (request->body.size > limits::kReadAtOnce && fake->gate) {
    fake->gate->wait(); // nothing here is touched before: this is another thread
  }
  ++fake->asked;
  fake->body = mre::view(request->body);
  fake->outlet = *request->outlet;
  for (std::uint32_t i = 0; i < request->field_count; ++i) {
    fake->names.emplace_back(mre::view(request->fields[i].name));
  }
  *peer = reinterpret_cast<mre_peer *>(fake); // NOLINT: an opaque handle
  if (fake->body.find("\"at once\"") != std::string::npos) {
    fake->say("{\"now\":1}", MRE_OUTGOING_LAST);
  }
  return MRE_OK;
}

void close_peer(const mre_host *, mre_peer *) {
  ++fake->closed;
}

class Client {
public:
  explicit Client(const mre::json &config = mre::json::object(), std::size_t max_body_bytes = 1000)
      : settings_(read_settings(config)),
        door_(settings_, max_body_bytes), service{settings_, door_, nullptr, &api_,
                                                  max_body_bytes} {
    fake = &host;
    connection = connect(fd_);
  }
  std::unique_ptr<Connection> connect(int &fd) {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    fd = pair[0];
    return std::make_unique<Connection>(service, loop_, 1, std::make_unique<Stream>(pair[1]),
                                        "192.0.2.1");
  }
  ~Client() {
    connection.reset();
    leave();
  }
  void leave() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = -1;
  }
  void send(const std::string &bytes) {
    std::size_t done = 0;
    while (done < bytes.size() && !connection->is_over()) {
      const ssize_t count = ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      done += count > 0 ? static_cast<std::size_t>(count) : 0;
      connection->on_event(EPOLLIN);
    }
  }
  std::string heard() {
    std::string all;
    char buffer[65536];
    for (ssize_t count = 0; (count = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
      connection->on_event(EPOLLOUT);
    }
    return all;
  }
  void turn() { connection->on_wake(); }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  void tick(std::chrono::steady_clock::duration later) {
    connection->on_tick(std::chrono::steady_clock::now() + later);
  }

  FakeHost host;

private:
  Settings settings_;
  FrontDoor door_;
  mre_peer_api api_{sizeof(mre_peer_api), 0, nullptr, nullptr, nullptr, take_request, close_peer};
  Loop loop_{"test"};
  int fd_ = -1;

public:
  Service service;
  std::unique_ptr<Connection> connection;
};

std::string post(const std::string &body, const std::string &fields = "") {
  return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("requests on one connection are answered one after the other, also when sent ahead") {
  Client client;
  client.send(post("\"at once\"") + post("\"at once\"") + post("\"later\""));
  client.turn();
  client.turn();
  const std::string both = client.heard();
  CHECK(both.find("{\"now\":1}") != both.rfind("{\"now\":1}"));
  CHECK(client.host.asked == 3);
  CHECK(client.host.closed == 2);
  client.host.say("{\"late\":1}", MRE_OUTGOING_LAST);
  client.connection->on_wake();
  CHECK(has(client.heard(), "{\"late\":1}"));
  CHECK(client.host.closed == 3);
}

TEST_CASE("one turn begins one request, so that who is fast does not keep the others waiting") {
  Client client;
  client.send(post("\"at once\"") + post("\"at once\"") + post("\"at once\""));
  for (int answered = 1; answered <= 3; ++answered) {
    CHECK(client.host.asked == answered);
    client.turn();
  }
  CHECK(client.host.closed == 3);
}

TEST_CASE("requests sent ahead of a hang-up are served all the same") {
  Client client;
  client.send(post("\"at once\"") + post("\"at once\""));
  client.end_sending();
  client.turn();
  CHECK(client.host.asked == 2);
  client.turn();
  CHECK(client.connection->is_over());
}

TEST_CASE("the host sees the headers it knows and no others") {
  Client client;
  client.send(post("\"at once\"", "Authorization: Bearer secret\r\nMCP-Protocol-Version: v\r\n"
                                  "Last-Event-ID: 1.1\r\nCookie: c\r\n"));
  CHECK(client.host.names == std::vector<std::string>{"MCP-Protocol-Version", "Last-Event-ID"});
}

TEST_CASE("a client that leaves while its request is answered is noticed at once") {
  Client client;
  client.send(post("\"later\""));
  client.leave();
  client.connection->on_event(EPOLLIN | EPOLLRDHUP);
  CHECK(client.connection->is_over());
  CHECK(client.host.closed == 1);
}

TEST_CASE("a client that asked and hung up still gets an answer that was there at once") {
  Client client;
  client.send(post("\"at once\""));
  CHECK(has(client.heard(), "{\"now\":1}"));
  client.leave();
  client.connection->on_event(EPOLLIN);
  CHECK(client.connection->is_over());
}

TEST_CASE("headers that drip are given up, however steadily") {
  Client client;
  client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n");
  client.tick(seconds(9));
  CHECK(client.heard().empty());
  client.send("X: y\r\n");
  client.tick(seconds(11));
  CHECK(has(client.heard(), "HTTP/1.1 408"));
  client.tick(seconds(14)); // lingering is over
  CHECK(client.connection->is_over());
  CHECK(client.host.asked == 0);
}

TEST_CASE("a body may be slow and must not stand still") {
  Client client;
  client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              "Content-Length: 100\r\n\r\nx");
  client.tick(seconds(14));
  CHECK_FALSE(client.connection->is_over());
  CHECK(client.heard().empty());
  client.tick(seconds(16));
  CHECK(has(client.heard(), "HTTP/1.1 408"));
}

TEST_CASE("an idle connection is closed without a word") {
  Client client;
  client.tick(seconds(74));
  CHECK_FALSE(client.connection->is_over());
  CHECK(client.connection->idle_since());
  client.tick(seconds(76));
  CHECK(client.connection->is_over());
}

TEST_CASE("endless headers end at their limit") {
  Client client;
  client.send("GET /mcp HTTP/1.1\r\n" + std::string(limits::kHeadBytes, 'x'));
  CHECK(has(client.heard(), "HTTP/1.1 431"));
}

TEST_CASE("what is refused before its body was read ends the connection after the answer") {
  Client client;
  client.send("POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 500\r\n\r\n" +
              std::string(500, 'x') + post("\"at once\""));
  const std::string heard = client.heard();
  CHECK(has(heard, "HTTP/1.1 403"));
  CHECK(has(heard, "Connection: close"));
  CHECK(client.host.asked == 0);
}

TEST_CASE("a refusal of a request without a body leaves the connection open") {
  Client client;
  client.send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" + post("\"at once\""));
  const std::string heard = client.heard();
  CHECK(has(heard, "HTTP/1.1 404"));
  CHECK(has(heard, "{\"now\":1}"));
}

TEST_CASE("a client that asks before it sends its body is told to go on") {
  Client client;
  client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  CHECK(client.heard() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("\"at once\"");
  CHECK(has(client.heard(), "{\"now\":1}"));
}

TEST_CASE("chunks that grow beyond the limit are refused while they come") {
  Client client;
  client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" +
              std::string(1000, ' ') + "\r\n1\r\n");
  CHECK(has(client.heard(), "HTTP/1.1 413"));
}

TEST_CASE("a client that takes JSON alone gets its answer as such, without what may be dropped") {
  Client client;
  client.send(post("\"later\"", "Accept: application/json\r\n"));
  client.host.say("{\"progress\":1}", MRE_OUTGOING_MAY_DROP);
  client.host.say("{\"result\":1}", MRE_OUTGOING_LAST);
  client.turn();
  const std::string answer = client.heard();
  CHECK(has(answer, "Content-Type: application/json"));
  CHECK(has(answer, "{\"result\":1}"));
  CHECK_FALSE(has(answer, "progress"));
}

TEST_CASE(
    "large bodies of all clients together are bounded, and small ones are taken all the same") {
  Client client(mre::json::object(), std::size_t{1} << 20U);
  const std::string large(limits::kSmallBody + 1, ' ');
  client.send(post(large));
  client.turn(); // a turn reads no more than a small body
  REQUIRE(client.host.asked == 1);
  CHECK(client.service.body_bytes == 0); // given back with the body
  client.host.say("{}", MRE_OUTGOING_LAST);
  client.turn();
  client.service.body_bytes = limits::kBodyBytesOfAll;
  client.send(post("\"at once\""));
  CHECK(client.host.asked == 2);
  client.send(post(large));
  client.turn();
  CHECK(has(client.heard(), "503"));
  CHECK(client.host.asked == 2);
  CHECK(client.service.body_bytes == limits::kBodyBytesOfAll);
}

TEST_CASE("while a large body is read others are answered, and its own answer comes in its turn") {
  Client client(mre::json::object(), std::size_t{1} << 20U);
  std::promise<void> gate;
  client.host.gate = gate.get_future().share();
  const std::string large = std::string(limits::kReadAtOnce, ' ') + "\"at once\"";
  client.send(post(large) + post("\"at once\""));
  for (int i = 0; i < 10; ++i) { // a turn reads a part
    client.turn();
  }
  CHECK(client.host.asked == 0);
  CHECK(client.service.body_bytes > limits::kReadAtOnce); // still counted
  CHECK(client.heard().empty());                          // nor what was sent behind it

  int fd = -1;
  const auto other = client.connect(fd);
  const std::string small = post("\"at once\"");
  REQUIRE(::send(fd, small.data(), small.size(), MSG_NOSIGNAL) > 0);
  other->on_event(EPOLLIN);
  char buffer[1000];
  const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
  REQUIRE(count > 0);
  CHECK(has(std::string(buffer, static_cast<std::size_t>(count)), "{\"now\":1}"));
  ::close(fd);
  CHECK(client.host.asked == 1);

  gate.set_value();
  std::string heard;
  CHECK(mre::testing::eventually([&] {
    client.turn();
    heard += client.heard();
    return heard.find("{\"now\":1}") != heard.rfind("{\"now\":1}");
  }));
  CHECK(client.host.asked == 3);
  // The reading thread gives them back once the host has the request, maybe after its answer.
  CHECK(mre::testing::eventually([&] { return client.service.body_bytes == 0; }));
}

TEST_CASE("a stream that is silent is kept alive by comments") {
  Client client;
  client.send(post("\"later\""));
  client.tick(seconds(14));
  CHECK(client.heard().empty());
  client.tick(seconds(16));
  CHECK(has(client.heard(), "text/event-stream"));
  client.host.say("{}", MRE_OUTGOING_LAST);
  client.connection->on_wake();
  CHECK(has(client.heard(), "data: {}"));
}

TEST_CASE("streams that may last for ever are counted, and one too many is told to come later") {
  Client client(mre::json::object({{"max_streams", 1}}));
  const std::string listen = "GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.service.streams = 1;
  client.send(listen);
  CHECK(has(client.heard(), "HTTP/1.1 503"));
  CHECK(client.host.asked == 0);
  client.send(post("\"at once\"", "Mcp-Method: subscriptions/listen\r\n"));
  CHECK(has(client.heard(), "HTTP/1.1 503"));
  client.service.streams = 0;
  client.send(listen);
  CHECK(client.service.streams == 1);
  client.leave();
  client.connection->on_event(EPOLLIN);
  CHECK(client.service.streams == 0);
}

TEST_CASE("a client that never reads loses progress first and its connection in the end") {
  Client client;
  client.send(post("\"later\""));
  const std::string mebibyte(1U << 20U, 'x');
  client.host.say(mebibyte, 0);
  client.host.say(mebibyte, 0);
  client.host.say("dropped", MRE_OUTGOING_MAY_DROP);
  client.host.say("kept", 0);
  client.connection->on_wake();
  const std::string heard = client.heard();
  CHECK_FALSE(has(heard, "dropped"));
  CHECK(has(heard, "kept"));
  CHECK(client.service.waiting_bytes == 0);
  for (int i = 0; i < 70; ++i) {
    client.host.say(mebibyte, 0);
  }
  client.connection->on_wake();
  CHECK(client.connection->is_over());
  CHECK(client.host.closed == 1);
  CHECK(client.service.waiting_bytes == 0);
}

TEST_CASE("an answer that stands still on its way out is given up") {
  Client client;
  client.send(post("\"later\""));
  client.host.say(std::string(4U << 20U, 'x'), MRE_OUTGOING_LAST);
  client.connection->on_wake();
  client.tick(seconds(59));
  CHECK_FALSE(client.connection->is_over());
  client.tick(seconds(61));
  CHECK(client.connection->is_over());
}

TEST_CASE("at the end of the server what was answered still leaves, and nothing new is taken") {
  Client client;
  client.send(post("\"later\""));
  client.host.say("{\"last\":1}", MRE_OUTGOING_LAST);
  client.connection->on_end();
  CHECK(has(client.heard(), "{\"last\":1}"));
  client.leave();
  client.connection->on_event(EPOLLIN);
  CHECK(client.connection->is_over());
}
