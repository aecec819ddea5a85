#include "core/cli/exit_codes.hpp"
#include "core/cli/plugin_command.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/cli/fake_terminal.hpp"

#include <sstream>

using namespace mre;
using namespace mre::cli;

namespace {

// Says its words back; "wrong" is a wrong word, "broken" a failure.
class EchoCommand final : public tools::CommandHandler {
public:
  void run(const std::shared_ptr<tools::CallContext> &call,
           const std::vector<std::string> &words) override {
    const std::string first = words.empty() ? std::string() : words[0];
    if (first == "wrong" || first == "broken") {
      call->finish(tools::ToolResult::failure(
          {first == "wrong" ? Errc::bad_argument : Errc::lost, "it is " + first, {}}));
      return;
    }
    tools::ToolResult result;
    for (const auto &word : words) {
      result.content.push_back({{"type", "text"}, {"text", word}});
    }
    call->finish(std::move(result));
  }
};

struct Bench {
  SystemClock clock;
  Log log{LogLevel::error, [](std::string_view) {}};
  guard::Redactor redactor;
  guard::Audit audit{{config::AuditMode::off, ""}, redactor, clock, log};
  tools::Registry registry;
  std::ostringstream out, err;

  Bench() {
    tools::ContentDeclaration content;
    content.owner = "org.example.store";
    content.commands.push_back({"store", "org.example.store", "sweep", "[WORD…]", "Sweeps.",
                                std::make_shared<EchoCommand>()});
    registry.publish(tools::Snapshot::create(1, {}, {content}, {}));
  }
  int run(const std::vector<std::string> &words) {
    mcp::CallRunner runner({registry, audit, redactor, clock, log});
    test::FakeTerminal terminal({}, false);
    const Output output{out, err};
    CallCommand calls(runner, terminal, output);
    return run_plugin_command(*registry.current(), words, calls, output);
  }
  bool erred(std::string_view part) const { return err.str().find(part) != std::string::npos; }
};

} // namespace

TEST_CASE("a plugin's command gets its words and prints its text") {
  Bench bench;
  CHECK(bench.run({"store", "sweep", "a", "--b"}) == kOk);
  CHECK(bench.out.str() == "a\n--b\n");
  CHECK(Bench().run({"org.example.store", "sweep"}) == kOk);
}

TEST_CASE("wrong words are exit 2 with the usage, a failure is exit 1") {
  Bench wrong;
  CHECK(wrong.run({"store", "sweep", "wrong"}) == kUsage);
  CHECK(wrong.erred("it is wrong"));
  CHECK(wrong.erred("mcp-remote-exec store sweep [WORD…]  Sweeps."));
  Bench broken;
  CHECK(broken.run({"store", "sweep", "broken"}) == kFailed);
  CHECK(broken.erred("it is broken"));
  CHECK_FALSE(broken.erred("usage"));
}

TEST_CASE("the plugin alone lists its commands, an unknown one is exit 2 with the list") {
  Bench bench;
  CHECK(bench.run({"store"}) == kOk);
  CHECK(bench.out.str() == "  mcp-remote-exec store sweep [WORD…]  Sweeps.\n");
  CHECK(bench.run({"store", "swep"}) == kUsage);
  CHECK(bench.erred("has no command 'swep'"));
  CHECK(bench.run({"stoer", "sweep"}) == kUsage);
  CHECK(bench.erred("did you mean store?"));
}
