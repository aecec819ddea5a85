// Questions to a client of the handshake era, and those that several calls share.
#include "core/mcp/client_requests.hpp"
#include "core/mcp/peer.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mcp/fake_outlet.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeOptions;
using mre::mcp::testing::FakeOutlet;
using mre::mcp::testing::FakeSurface;

namespace {

class AskedClient {
public:
  AskedClient() : surface_(FakeOptions{.has_shared_questions = true}) {
    send({{"id", 0},
          {"method", "initialize"},
          {"params",
           {{"protocolVersion", "2025-11-25"},
            {"capabilities", {{"elicitation", Json::object()}}}}}});
    static_cast<void>(next());
  }
  ~AskedClient() {
    surface_.release_held();
    peer_->close();
  }
  AskedClient(const AskedClient &) = delete;
  AskedClient &operator=(const AskedClient &) = delete;

  FakeSurface &surface() { return surface_; }
  void call(int id, const std::string &tool) {
    send({{"id", id}, {"method", "tools/call"}, {"params", {{"name", tool}}}});
  }
  void cancel(int id) {
    send({{"method", "notifications/cancelled"}, {"params", {{"requestId", id}}}});
  }
  void say(const Json &question_id, const std::string &city) {
    send({{"id", question_id}, {"result", {{"action", "accept"}, {"content", {{"city", city}}}}}});
  }
  void refuse(const Json &question_id) {
    send({{"id", question_id}, {"error", {{"code", -1}, {"message", "not today"}}}});
  }
  // The next message to the client.
  Json next() { return Json::parse(outlet_->at(heard_++).text); }
  // The id of the next message, which has to be a question.
  Json question() {
    const Json message = next();
    INFO(message);
    CHECK(message.value("method", "") == "elicitation/create");
    CHECK(message.at("params").at("message") == "Tell city");
    return message.at("id");
  }
  // What the next messages answer to these calls, whichever comes first.
  std::vector<std::string> answers(const std::set<int> &ids) {
    std::vector<std::string> texts;
    std::set<int> answered;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Json message = next();
      INFO(message);
      REQUIRE(message.contains("result"));
      answered.insert(message.at("id").get<int>());
      texts.push_back(message.at("result").at("content").at(0).at("text"));
    }
    CHECK(answered == ids);
    return texts;
  }
  bool has_heard_all() { return outlet_->count() == heard_; }

private:
  void send(Json message) {
    message["jsonrpc"] = "2.0";
    peer_->receive(dump_json(message));
  }

  FakeSurface surface_;
  std::shared_ptr<FakeOutlet> outlet_ = std::make_shared<FakeOutlet>();
  std::shared_ptr<Peer> peer_ = surface_.server().connect({"stdio", PeerKind::stream, outlet_});
  std::size_t heard_ = 0;
};

const std::vector<std::string> kThreeTimesRome(3, "In Rome");

} // namespace

TEST_CASE("a question that several calls share is sent once, and its answer reaches all of them") {
  AskedClient client;
  for (const int id : {1, 2, 3}) {
    client.call(id, "locate");
  }
  const Json question = client.question();
  CHECK(client.has_heard_all());
  client.say(question, "Rome");
  CHECK(client.answers({1, 2, 3}) == kThreeTimesRome);
  CHECK(client.has_heard_all());
}

TEST_CASE("a question that is not shared is sent for each call") {
  AskedClient client;
  client.call(1, "greet");
  client.call(2, "greet");
  const Json first = client.next();
  const Json second = client.next();
  CHECK(first.at("method") == "elicitation/create");
  CHECK(second.at("method") == "elicitation/create");
  CHECK(first.at("id") != second.at("id"));
}

TEST_CASE("when the call that asked is cancelled, the question is asked anew for the next one") {
  AskedClient client;
  for (const int id : {1, 2, 3}) {
    client.call(id, "locate");
  }
  const Json first = client.question();
  client.cancel(1);
  const Json taken_back = client.next();
  CHECK(taken_back.at("method") == "notifications/cancelled");
  CHECK(taken_back.at("params").at("requestId") == first);
  const Json second = client.question();
  CHECK(second != first);
  CHECK(client.has_heard_all());
  client.say(first, "Oslo"); // too late: it was taken back
  CHECK(client.has_heard_all());
  client.say(second, "Rome");
  CHECK(client.answers({2, 3}) == std::vector<std::string>(2, "In Rome"));
}

TEST_CASE(
    "the client hears nothing when a call that only waits for another's answer is cancelled") {
  AskedClient client;
  for (const int id : {1, 2, 3}) {
    client.call(id, "locate");
  }
  const Json question = client.question();
  client.cancel(2);
  CHECK(client.has_heard_all());
  client.say(question, "Rome");
  CHECK(client.answers({1, 3}) == std::vector<std::string>(2, "In Rome"));
}

TEST_CASE("a question whose last call is cancelled is asked no more") {
  AskedClient client;
  client.call(1, "locate");
  client.call(2, "locate");
  const Json first = client.question();
  client.cancel(2);
  client.cancel(1);
  CHECK(client.next().at("params").at("requestId") == first);
  CHECK(client.has_heard_all());
  client.call(3, "locate");
  client.say(client.question(), "Bern");
  CHECK(client.answers({3}) == std::vector<std::string>{"In Bern"});
}

TEST_CASE("a call that comes after the answer asks anew") {
  AskedClient client;
  client.call(1, "locate");
  const Json first = client.question();
  client.say(first, "Rome");
  CHECK(client.answers({1}) == std::vector<std::string>{"In Rome"});
  client.call(2, "locate");
  const Json second = client.question();
  CHECK(second != first);
  client.say(second, "Bern");
  CHECK(client.answers({2}) == std::vector<std::string>{"In Bern"});
}

TEST_CASE("a call that came before the answer and asks after it shares it") {
  AskedClient client;
  client.call(1, "locate_late");
  REQUIRE(client.surface().wait_for_held(1));
  client.call(2, "locate");
  client.say(client.question(), "Rome");
  CHECK(client.answers({2}) == std::vector<std::string>{"In Rome"});
  client.surface().release_held();
  CHECK(client.answers({1}) == std::vector<std::string>{"In Rome"});
  CHECK(client.has_heard_all());
}

TEST_CASE("a refusal of a shared question reaches all who wait for it") {
  AskedClient client;
  for (const int id : {1, 2, 3}) {
    client.call(id, "locate");
  }
  client.refuse(client.question());
  const std::vector<std::string> answers = client.answers({1, 2, 3});
  CHECK(std::all_of(answers.begin(), answers.end(), [](const std::string &text) {
    return text.find("not today") != std::string::npos;
  }));
  CHECK(client.has_heard_all());
}

TEST_CASE("an answer to a question that nobody was sent changes nothing") {
  AskedClient client;
  client.call(1, "locate");
  client.call(2, "locate");
  const Json question = client.question();
  client.say("ask-2", "Oslo"); // the number of the call that waits along
  client.say("ask-99", "Oslo");
  client.say(7, "Oslo");
  CHECK(client.has_heard_all());
  client.say(question, "Rome");
  client.say(question, "Oslo"); // a second time
  CHECK(client.answers({1, 2}) == std::vector<std::string>(2, "In Rome"));
  CHECK(client.has_heard_all());
}
