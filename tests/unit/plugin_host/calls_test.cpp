// What a client gets from plugins that misbehave, and what the log says about them.
#include "tests/unit/plugin_host/world.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

namespace mre::plugin_host {
namespace {

using test::call_tool;
using test::contains;
using test::text_of;
using test::World;

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void send() const { CHECK(::write(ends[1], "x", 1) == 1); }
  char receive() const {
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 1);
    return byte;
  }
  std::array<int, 2> ends{};
};

TEST_CASE("a call crosses the boundary and comes back") {
  World world;
  const auto host = world.load({"tiny_c"});
  const auto record = call_tool(*host, "c_echo", {{"a", 1}});
  REQUIRE(record.result);
  CHECK(!record.result->error);
  CHECK(text_of(*record.result) == R"({"a":1})");
  CHECK(record.endings == 1);
}

TEST_CASE("a structured result without a text is its own text") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "structured_only");
  CHECK(record.result->structured == Json{{"answer", 42}});
  CHECK(text_of(*record.result) == R"({"answer":42})");
}

TEST_CASE("an exception out of a tool is an error that names the plugin") {
  World world;
  const auto host = world.load({"throws"});
  for (const int kind : {0, 1}) {
    const auto record = call_tool(*host, "throw_it", {{"kind", kind}});
    REQUIRE(record.result->error);
    CHECK(record.result->error->code == Errc::internal);
    CHECK(contains(record.result->error->message, "test.throws"));
    CHECK(record.endings == 1);
  }
  CHECK(world.blamed("out of cheese"));
}

TEST_CASE("a call that is finished and answered has one end, and a dead handle does no harm") {
  World world;
  const auto host = world.load({"answers_twice"});
  const auto first = call_tool(*host, "answer_twice");
  CHECK(text_of(*first.result) == "answer");
  CHECK(first.endings == 1);
  CHECK(world.blamed("was finished twice"));
  CHECK(world.blamed("was finished and answered as well"));
  const auto second = call_tool(*host, "answer_twice");
  CHECK(text_of(*second.result) == "answer");
  CHECK(world.blamed("used a call that has ended, in text"));
}

TEST_CASE("a forgotten answer becomes an error with the blame") {
  World world;
  const auto host = world.load({"never_answers"});
  CHECK(contains(call_tool(*host, "never_answer").result->error->message, "gave no result"));
  CHECK(contains(call_tool(*host, "never_answer", {{"kind", 1}}).result->error->message,
                 "never asked"));
  const auto odd = call_tool(*host, "never_answer", {{"kind", 4}});
  CHECK(odd.result->error->code == Errc::internal);
  CHECK(contains(odd.result->error->message, "the status -77, which is no end"));
  CHECK(contains(odd.result->error->message, "test.never-answers"));
  CHECK(world.blamed("-77"));
}

TEST_CASE("a failure without a reason names the plugin, to the client and in the log") {
  World world;
  const auto host = world.load({"never_answers"});
  const auto record = call_tool(*host, "never_answer", {{"kind", 5}});
  CHECK(record.result->error->code == Errc::not_found);
  CHECK(contains(record.result->error->message, "failed with status 3 and gave no reason"));
  CHECK(contains(record.result->error->message, "test.never-answers"));
  CHECK(world.blamed("gave no reason"));
}

TEST_CASE("a call without a sign of life is answered for its plugin, and others are turned away") {
  World world;
  world.settings->max_timeout = std::chrono::seconds(1);
  const auto host = world.load({"hangs", "tiny_c"});
  const Pipe pipe;
  const auto tool = test::find_tool(*host, "hang");
  const auto call = std::make_shared<test::FakeCall>();
  std::thread inside([&] { tool->invoke(call, {{"fd", pipe.ends[0]}}); });
  const auto record = call->wait();
  REQUIRE(record.result);
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::timed_out);
  CHECK(contains(record.result->error->message, "tool 'hang' of plugin test.hangs gave no sign"));
  CHECK(world.blamed("gave no sign of life"));
  CHECK(call_tool(*host, "hang").result->error->code == Errc::unavailable);
  CHECK(text_of(*call_tool(*host, "c_echo", {{"a", 1}}).result) == R"({"a":1})");
  pipe.send();
  inside.join();
  CHECK(call->record().endings == 1);
  // It came out after all: there is room again.
  pipe.send();
  CHECK(text_of(*call_tool(*host, "hang", {{"fd", pipe.ends[0]}}).result) == "back");
}

TEST_CASE("a deferred call that is forgotten is answered for its plugin") {
  World world;
  world.settings->max_timeout = std::chrono::seconds(1);
  const auto host = world.load({"never_answers"});
  const auto record = call_tool(*host, "never_answer", {{"kind", 2}});
  REQUIRE(record.result);
  CHECK(record.result->error->code == Errc::timed_out);
  CHECK(world.blamed("gave no sign of life"));
}

TEST_CASE("a plugin that does not end a cancelled call is named") {
  World world;
  const auto host = world.load({"hangs"});
  const Pipe pipe;
  const auto tool = test::find_tool(*host, "hang");
  const auto call = std::make_shared<test::FakeCall>();
  call->progress_wanted = true;
  std::thread inside([&] { tool->invoke(call, {{"fd", pipe.ends[0]}}); });
  CHECK(test::is_inside(*call));
  call->cancel();
  CHECK(testing::eventually([&] { return world.blamed("was cancelled and does not end"); }));
  pipe.send();
  inside.join();
}

TEST_CASE("what a plugin changes in the process is put back, and told") {
  World world;
  const auto host = world.load({"ill_mannered"});
  struct sigaction before {};
  REQUIRE(::sigaction(SIGPIPE, nullptr, &before) == 0);
  std::array<char, 4096> folder{};
  REQUIRE(::getcwd(folder.data(), folder.size()) != nullptr);
  CHECK(text_of(*call_tool(*host, "be_rude").result) == "done");
  CHECK(world.blamed("changed what happens at SIGTERM, SIGPIPE; it was put back"));
  CHECK(world.blamed("changed the signal mask of the host's thread; it was put back"));
  CHECK(world.blamed("changed the working folder; it was put back"));
  struct sigaction after {};
  REQUIRE(::sigaction(SIGPIPE, nullptr, &after) == 0);
  CHECK(after.sa_handler == before.sa_handler);
  std::array<char, 4096> back{};
  REQUIRE(::getcwd(back.data(), back.size()) != nullptr);
  CHECK(std::string(back.data()) == folder.data());
}

TEST_CASE("a deferred call that is cancelled ends for the client at once") {
  World world;
  const auto host = world.load({"never_answers"});
  const auto call = std::make_shared<test::FakeCall>();
  test::find_tool(*host, "never_answer")->invoke(call, {{"kind", 2}});
  CHECK(call->record().endings == 0);
  call->cancel();
  const auto record = call->wait();
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::cancelled);
  // The plugin still holds its only slot; stop() finds out.
  host->stop(Milliseconds(100));
  CHECK(host->statuses()[0].state == PluginState::wedged);
  CHECK(call->record().endings == 1);
}

TEST_CASE("a deferred call is answered from another thread") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  CHECK(text_of(*call_tool(*host, "later").result) == "late");
}

TEST_CASE("bytes that are no UTF-8 are repaired and JSON that is none is refused") {
  World world;
  const auto host = world.load({"invalid_utf8"});
  const auto record = call_tool(*host, "say_bytes");
  CHECK(text_of(*record.result) == "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
  CHECK(record.result->structured == Json{{"name", "\xEF\xBF\xBD"}});
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::conflict);
  CHECK(record.result->error->message == "broken \xEF\xBF\xBD message");
  CHECK(world.blamed("no JSON object with a type"));
}

TEST_CASE("a result beyond the limit is refused piece by piece") {
  World world;
  const auto host = world.load({"oversized"});
  const auto record = call_tool(*host, "give_much");
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::too_large);
  CHECK(record.result->error->message == "the host took no more");
}

TEST_CASE("a message longer than the ABI's error arrives whole") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  const auto record = call_tool(*host, "long_failure");
  CHECK(record.result->error->code == Errc::conflict);
  CHECK(record.result->error->message.size() == 5000);
  CHECK(record.result->error->hint == "try later");
}

TEST_CASE("a tool cannot be registered after declare") {
  World world;
  const auto host = world.load({"registers_late"});
  CHECK(contains(text_of(*call_tool(*host, "register_late").result),
                 "only possible inside declare()"));
  CHECK(world.blamed("outside declare()"));
  CHECK(test::find_tool(*host, "late_tool") == nullptr);
}

TEST_CASE("a question unwinds, and its answer is found when the tool runs again") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  auto call = std::make_shared<test::FakeCall>();
  call->methods = {"elicitation/create"};
  const auto asked = call_tool(*host, "confirm", Json::object(), call);
  REQUIRE(asked.questions.size() == 1);
  CHECK(asked.questions[0].key == "sure");
  CHECK(asked.questions[0].method == "elicitation/create");
  CHECK(asked.questions[0].params["message"] == "Really?");
  CHECK(!asked.result);

  auto again = std::make_shared<test::FakeCall>();
  again->answers["sure"] = {{"action", "accept"}, {"content", {{"confirm", true}}}};
  CHECK(text_of(*call_tool(*host, "confirm", Json::object(), again).result) == "done");
  auto declined = std::make_shared<test::FakeCall>();
  declined->answers["sure"] = {{"action", "decline"}};
  CHECK(text_of(*call_tool(*host, "confirm", Json::object(), declined).result) == "declined");
}

TEST_CASE("a client that cannot ask gets denied, and an answer that does not fit is said") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  CHECK(call_tool(*host, "confirm").result->error->code == Errc::denied);
  auto wrong = std::make_shared<test::FakeCall>();
  wrong->answers["sure"] = {{"action", "accept"}, {"content", {{"confirm", "yes"}}}};
  const auto record = call_tool(*host, "confirm", Json::object(), wrong);
  CHECK(record.result->error->code == Errc::bad_argument);
  CHECK(contains(record.result->error->message, "sure"));
}

TEST_CASE("a question after the first effect is refused") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  auto call = std::make_shared<test::FakeCall>();
  call->methods = {"elicitation/create"};
  const auto record = call_tool(*host, "ask_too_late", {{"command", "touch x"}}, call);
  REQUIRE(record.result);
  CHECK(record.result->error->code == Errc::denied);
  CHECK(record.questions.empty());
  CHECK(world.blamed("after its first effect"));
}

TEST_CASE("a question may come after a command that only reads") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  auto call = std::make_shared<test::FakeCall>();
  call->methods = {"elicitation/create"};
  const auto record =
      call_tool(*host, "ask_too_late", {{"command", "cat x"}, {"only_reads", true}}, call);
  CHECK(record.questions.size() == 1);
  CHECK_FALSE(world.blamed("after its first effect"));
}

TEST_CASE("calls beyond max_calls wait their turn and can be cancelled while they wait") {
  World world;
  const auto host = world.load({"hangs"});
  const Pipe pipe;
  const auto tool = test::find_tool(*host, "hang");
  const auto first = std::make_shared<test::FakeCall>();
  first->progress_wanted = true;
  std::thread inside([&] { tool->invoke(first, {{"fd", pipe.ends[0]}}); });
  CHECK(test::is_inside(*first));
  const auto second = std::make_shared<test::FakeCall>();
  second->progress_wanted = true;
  std::thread waiting([&] { tool->invoke(second, {{"fd", pipe.ends[0]}}); });
  second->cancel();
  CHECK(second->wait().result->error->code == Errc::cancelled);
  CHECK(second->record().progress.empty());
  waiting.join();
  CHECK(first->record().endings == 0);
  pipe.send();
  inside.join();
  CHECK(text_of(*first->record().result) == "back");
}

TEST_CASE("a plugin that hangs is wedged and never called again") {
  World world;
  const Pipe pipe;
  const auto call = std::make_shared<test::FakeCall>();
  call->progress_wanted = true;
  std::thread worker;
  {
    const auto host = world.load({"hangs"});
    const auto tool = test::find_tool(*host, "hang");
    worker = std::thread([&, tool] { tool->invoke(call, {{"fd", pipe.ends[0]}}); });
    CHECK(test::is_inside(*call));
    host->stop(Milliseconds(100));
    CHECK(host->statuses()[0].state == PluginState::wedged);
    CHECK(world.blamed("still has 1 calls that do not end"));
    CHECK(host->declarations().empty());
    const auto late = std::make_shared<test::FakeCall>();
    tool->invoke(late, Json::object());
    CHECK(late->wait().result->error->code == Errc::unavailable);
  }
  pipe.send();
  worker.join(); // comes back into a host that is gone, and does no harm
}

TEST_CASE("one that hangs at the end takes no time from the others, nor their good name") {
  World world;
  const Pipe pipe;
  const auto call = std::make_shared<test::FakeCall>();
  call->progress_wanted = true;
  std::thread worker;
  {
    const auto host = world.load({"tiny_cpp", "hangs"}); // ended in the other order
    const auto tool = test::find_tool(*host, "hang");
    worker = std::thread([&, tool] { tool->invoke(call, {{"fd", pipe.ends[0]}}); });
    CHECK(test::is_inside(*call));
    host->stop(Milliseconds(100));
    CHECK(host->statuses()[0].state == PluginState::stopped);
    CHECK(host->statuses()[1].state == PluginState::wedged);
    CHECK_FALSE(world.said("plugin=test.tiny-cpp what="));
  }
  pipe.send();
  worker.join();
}

TEST_CASE("a thread that outlives its plugin finds no host any more") {
  World world;
  const Pipe in;
  const Pipe out;
  const auto host = world.load({"leaks_thread"});
  CHECK(text_of(
            *call_tool(*host, "leak_thread", {{"in", in.ends[0]}, {"out", out.ends[1]}}).result) ==
        "started");
  host->stop(Milliseconds(1000));
  CHECK(host->statuses()[0].state == PluginState::stopped);
  in.send();
  CHECK(out.receive() == 'n');
}

TEST_CASE("a handler that outlives its plugin says so") {
  World world;
  auto host = world.load({"tiny_c"});
  const auto tool = test::find_tool(*host, "c_echo");
  host->stop(Milliseconds(1000));
  host.reset();
  const auto call = std::make_shared<test::FakeCall>();
  tool->invoke(call, Json::object());
  CHECK(call->wait().result->error->code == Errc::unavailable);
}

TEST_CASE("resources, prompts and completions cross as tools do") {
  World world;
  const auto host = world.load({"tiny_cpp"});
  const auto contents = host->contents();
  REQUIRE(contents.size() == 1);
  const auto read = std::make_shared<test::FakeCall>();
  contents[0].resources.at(0).handler->read(read, "test://note/a");
  CHECK(read->wait().result->content.at(0) == Json{{"uri", "test://note/a"},
                                                   {"mimeType", "text/plain"},
                                                   {"text", "note at test://note/a"}});
  const auto prompt = std::make_shared<test::FakeCall>();
  contents[0].prompts.at(0).handler->get(prompt, {{"x", "y"}});
  CHECK(prompt->wait().result->structured->at("messages").size() == 1);
  const auto values = contents[0].completions.at(0).handler->complete("arg", "v", Json::object());
  REQUIRE(values);
  CHECK(*values == std::vector<std::string>{"v1", "v2"});
}

} // namespace
} // namespace mre::plugin_host
