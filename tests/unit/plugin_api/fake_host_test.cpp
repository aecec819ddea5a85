// The host in memory: what a plugin's unit tests can say and see with it.
#include "tests/support/catch.hpp"

#include <mre/cpp/local_tree.hpp>
#include <mre/ext/draft/mcp.h>
#include <mre/ext/draft/task.h>
#include <mre/plugin.hpp>
#include <mre/testing/fake_host.hpp>

#include <memory>
#include <mutex>

namespace {

using mre::json;
using mre::testing::FakeHost;
using mre::testing::FakePlugin;
using mre::testing::Result;

// A plugin whose tools and transports a test chooses.
class Puppet {
public:
  static mre::About about() {
    mre::About about;
    about.id = "test.puppet";
    about.version = "1.0.0";
    about.title = "Puppet";
    return about;
  }
  Puppet(mre::Host host, const json & /*config*/) : host_(host) {}
  void declare(mre::Registry &registry) { declares(host_, registry); }

  static inline std::function<void(mre::Host, mre::Registry &)> declares;

private:
  mre::Host host_;
};

mre::Tool tool_named(const char *name, std::function<mre::Reply(const mre::Call &)> run) {
  mre::Tool tool;
  tool.name = name;
  tool.description = "A tool of a test.";
  tool.run = [run = std::move(run)](const json &, const mre::Call &call) { return run(call); };
  return tool;
}

struct Bench {
  explicit Bench(std::function<void(mre::Host, mre::Registry &)> declares) {
    Puppet::declares = std::move(declares);
    plugin = std::make_unique<FakePlugin>(host, mre::Glue<Puppet>::descriptor());
  }
  FakeHost host;
  std::unique_ptr<FakePlugin> plugin;
};

} // namespace

TEST_CASE("a transport's clients are the server's, and its answers come back") {
  std::vector<std::string> said;
  std::unique_ptr<mre::Peer> peer;
  Bench bench([&](mre::Host host, mre::Registry &registry) {
    registry.transport({"lines",
                        [&, host] {
                          peer = std::make_unique<mre::Peer>(
                              mre::Peer::open(host, {"uid-7", true}, [&](const mre::Outgoing &out) {
                                said.emplace_back(out.message);
                              }));
                        },
                        [&] { peer.reset(); }});
  });
  bench.host.answer_peers([](const std::string &message) { return "re: " + message; });
  REQUIRE(bench.plugin->declared().transports.size() == 1);
  CHECK(bench.plugin->declared().transports.at(0).name == "lines");
  bench.plugin->start_transports();
  REQUIRE(bench.host.peers().size() == 1);
  mre::testing::FakePeer &seen = *bench.host.peers().at(0);
  CHECK(seen.client().principal == "uid-7");
  CHECK(seen.client().is_local);
  peer->receive("hello");
  CHECK(seen.received() == std::vector<std::string>{"hello"});
  CHECK(said == std::vector<std::string>{"re: hello"});
  bench.plugin->stop_transports();
  CHECK_FALSE(seen.is_open());
  seen.send({"too late", {}, {}, 0, false, false, false});
  CHECK(said.size() == 1);
  CHECK(bench.host.misbehaviour().empty());
}

TEST_CASE("a request with headers is answered once, with its status") {
  std::vector<std::pair<std::string, int>> said;
  Bench bench([&](mre::Host host, mre::Registry &registry) {
    registry.transport({"http",
                        [&, host] {
                          mre::PeerRequest request;
                          request.fields = {{"Accept", "application/json"}};
                          request.body = "{}";
                          mre::Peer::request(host, {"token-1", false}, request,
                                             [&](const mre::Outgoing &out) {
                                               said.emplace_back(out.message, out.status);
                                               CHECK(out.is_last);
                                             });
                        },
                        [] {}});
  });
  bench.host.answer_peers([](const std::string &) { return "[]"; });
  bench.plugin->start_transports();
  CHECK(said == std::vector<std::pair<std::string, int>>{{"[]", 200}});
  const mre::testing::FakePeer &seen = *bench.host.peers().at(0);
  CHECK(seen.is_request());
  CHECK(seen.verb == MRE_REQUEST_POST);
  CHECK(seen.fields.at(0).second == "application/json");
  CHECK_FALSE(seen.is_open());
}

TEST_CASE("what a transport's start throws is the reason of its failure") {
  Bench bench([](mre::Host, mre::Registry &registry) {
    registry.transport(
        {"busy", [] { throw mre::Error(MRE_LOCAL_FAILED, "the port is taken"); }, [] {}});
  });
  std::string said;
  try {
    bench.plugin->start_transports();
  } catch (const mre::Error &error) {
    said = error.what();
  }
  CHECK(said == "the port is taken");
}

TEST_CASE("an adapter's requests are answered by their keys, and its errors recorded") {
  Bench bench([](mre::Host host, mre::Registry &registry) {
    const auto *mcp = host.service<mre_mcp_api>(MRE_MCP);
    registry.tool(tool_named("sample", [mcp](const mre::Call &call) {
      std::string text;
      mre::Sink sink(text);
      auto err = mre::error_value();
      mre::check(mcp->request(call.raw(), mre::borrow("s"), mre::borrow("sampling/createMessage"),
                              {}, sink.abi(), &err),
                 err);
      return mre::Reply::of_text(text);
    }));
    registry.tool(tool_named("broken", [mcp](const mre::Call &call) -> mre::Reply {
      mcp->log(call.raw(), MRE_MCP_NOTICE, mre::borrow("x"), mre::borrow("1"));
      throw mre::Error(mcp->fail_protocol(call.raw(), -32021, mre::borrow("no sampling"), {}),
                       "not shown");
    }));
  });
  const Result asked = bench.plugin->call("sample");
  CHECK(asked.status == MRE_NEEDS_INPUT);
  CHECK(asked.questions.at(0).method == "sampling/createMessage");
  CHECK(bench.plugin->call("sample", json::object(), {{"s", {{"role", "user"}}}}).text() ==
        R"({"role":"user"})");
  const Result broken = bench.plugin->call("broken");
  CHECK(broken.protocol_error.at("code") == -32021);
  CHECK(broken.logs.at(0).at("severity") == MRE_MCP_NOTICE);
}

TEST_CASE("a call becomes a task where the clients take tasks") {
  Bench bench([](mre::Host host, mre::Registry &registry) {
    const auto *task = host.service<mre_task_api>(MRE_TASK_SERVICE);
    registry.tool(tool_named("begin", [task](const mre::Call &call) {
      return mre::Reply::of_text(task->begin(call.raw()) != 0 ? "task" : "call");
    }));
  });
  CHECK(bench.plugin->call("begin").text() == "call");
  bench.host.clients_take_tasks(true);
  CHECK(bench.plugin->call("begin").text() == "task");
}

TEST_CASE("a tree of local files is listed, read, written and never left") {
  Bench bench([](mre::Host host, mre::Registry &registry) {
    registry.tool(tool_named("walk", [host](const mre::Call &call) {
      const mre::LocalTree tree(host, call, "/here", mre::LocalTree::Missing::refuse);
      std::string names;
      for (const auto &entry : tree.list("")) {
        names += entry.name + (entry.info.kind == MRE_FILE_DIRECTORY ? "/ " : " ");
      }
      try {
        tree.list("../etc");
      } catch (const mre::Error &error) {
        names += error.what();
      }
      return mre::Reply::of_text(names);
    }));
  });
  bench.host.local_file("/here/a.txt", "a");
  bench.host.local_file("/here/sub/b.txt", "b");
  CHECK(bench.plugin->call("walk").text() == "a.txt sub/ ../etc leads out of the tree");
}

TEST_CASE("a tool that fails after it put its answer off has failed") {
  Bench bench([](mre::Host, mre::Registry &registry) {
    registry.tool(tool_named("regrets", [](const mre::Call &call) -> mre::Reply {
      const mre::Deferred kept = call.defer();
      throw mre::Error(MRE_LIMIT, "no timer is free");
    }));
    registry.tool(tool_named("forgets", [](const mre::Call &call) {
      { const mre::Deferred dropped = call.defer(); }
      return mre::Reply::later();
    }));
    registry.tool(tool_named("answers_first", [](const mre::Call &call) -> mre::Reply {
      call.defer().finish(mre::Reply::of_text("early"));
      throw mre::Error(MRE_INTERNAL, "too late to matter");
    }));
  });
  const Result regretted = bench.plugin->call("regrets");
  CHECK(regretted.status == MRE_LIMIT);
  CHECK(regretted.message == "no timer is free");
  const Result forgotten = bench.plugin->call("forgets");
  CHECK(forgotten.status == MRE_INTERNAL);
  CHECK(forgotten.message == "the plugin let go of the call without an answer");
  const Result early = bench.plugin->call("answers_first");
  CHECK(early.ok());
  CHECK(early.text() == "early");
  CHECK(bench.host.misbehaviour().empty());
}

TEST_CASE("a command's standard result is that of ssh_exec_command") {
  Bench bench([](mre::Host host, mre::Registry &registry) {
    registry.tool(tool_named("run", [host](const mre::Call &call) {
      mre::Command command;
      command.command = "make";
      mre::Ssh(host).run_into(call, command, {{"guest", 101}});
      return mre::Reply::given();
    }));
  });
  bench.host.on("make").prints("built\n").complains("slowly\n").exits(2);
  const Result ran = bench.plugin->call("run");
  CHECK(ran.structured.at("outcome") == "exited");
  CHECK(ran.structured.at("exit_code") == 2);
  CHECK(ran.structured.at("stderr") == "slowly\n");
  CHECK(ran.structured.at("host") == "default");
  CHECK(ran.structured.at("remote_process") == "gone");
  CHECK(ran.structured.at("guest") == 101);
  CHECK(ran.text() == "=== EXIT CODE: 2 ===\n=== STDOUT ===\nbuilt\n=== STDERR ===\nslowly\n");
}
