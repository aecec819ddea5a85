#include "tests/unit/mcp/fake_surface.hpp"

#include <chrono>
#include <stdexcept>
#include <stop_token>
#include <utility>

namespace mre::mcp::testing {

struct FakeSurface::Hold {
  struct State {
    bool released = false;
    int running = 0;
  };
  Guarded<State> state;
};

namespace {

using CallPtr = std::shared_ptr<tools::CallContext>;
using Body = std::function<void(const CallPtr &, const Json &)>;

enum class Where { worker, dispatching_thread };

class FakeTool final : public tools::ToolHandler {
public:
  FakeTool(Where where, Body body) : where_(where), body_(std::move(body)) {}
  void invoke(const CallPtr &call, const Json &arguments) override { body_(call, arguments); }
  bool blocks() const override { return where_ == Where::worker; }

private:
  const Where where_;
  const Body body_;
};

constexpr const char *kNoArguments =
    R"({"type":"object","properties":{},"additionalProperties":false})";

tools::ToolResult text_result(const std::string &text) {
  tools::ToolResult result;
  result.content.push_back({{"type", "text"}, {"text", text}});
  return result;
}

tools::ToolDeclaration tool(const std::string &name, Where where, Body body,
                            const std::string &input = kNoArguments,
                            const std::string &output = {}) {
  return {.name = name,
          .title = "",
          .description = "The fake tool " + name,
          .input_schema = input,
          .output_schema = output,
          .replaces = "",
          .promises = {.read_only = true, .closed_world = true},
          .handler = std::make_shared<FakeTool>(where, std::move(body))};
}

tools::InputRequest question(const std::string &key) {
  return {
      key,
      "elicitation/create",
      {{"message", "Tell " + key},
       {"requestedSchema",
        {{"type", "object"}, {"properties", {{key, {{"type", "string"}}}}}, {"required", {key}}}}}};
}

std::string answered(const CallPtr &call, const std::string &key) {
  const Json *answer = call->answer(key);
  const Json *content = find_member(*answer, "content");
  const std::string *text = content == nullptr ? nullptr : find_string(*content, key);
  const std::string *action = find_string(*answer, "action");
  return text != nullptr ? *text : action != nullptr ? *action : "nothing";
}

// Asks for the keys one after the other, then says what it heard.
Body asks(std::vector<std::string> keys) {
  return [keys = std::move(keys)](const CallPtr &call, const Json &) {
    std::string heard = "Hello";
    for (const auto &key : keys) {
      if (call->answer(key) == nullptr) {
        call->suspend({question(key)});
        return;
      }
      heard += ", " + answered(call, key);
    }
    call->finish(text_result(heard + "!"));
  };
}

void asks_two_at_once(const CallPtr &call, const Json &) {
  if (call->answer("first") == nullptr || call->answer("second") == nullptr) {
    call->suspend({question("first"), question("second")});
    return;
  }
  call->finish(text_result(answered(call, "first") + " and " + answered(call, "second")));
}

void asks_forever(const CallPtr &call, const Json &) {
  call->suspend({question("again")});
}

void echo(const CallPtr &call, const Json &arguments) {
  tools::ToolResult result;
  result.structured = Json{{"text", arguments.at("text")}};
  call->finish(std::move(result));
}

void fails(const CallPtr &call, const Json &) {
  tools::ToolResult result;
  result.structured = Json{{"reached", 3}};
  result.error = Error{Errc::not_found, "no file /x on web-1", "list the folder first"};
  call->finish(std::move(result));
}

void steps(const CallPtr &call, const Json &) {
  call->report_progress(1, 3, "one");
  call->report_log(tools::LogSeverity::info, "steps", "at two");
  call->report_progress(2, 3, "two");
  call->report_progress(2, 3, "two again is dropped");
  call->report_log(tools::LogSeverity::error, "steps", {{"at", 3}});
  call->report_progress(3, 3, "three");
  call->finish(text_result("done"));
}

void lies(const CallPtr &call, const Json &) {
  tools::ToolResult result;
  result.structured = Json{{"text", 5}};
  call->finish(std::move(result));
}

void tells_secret(const CallPtr &call, const Json &) {
  call->report_progress(1, 2, std::string("found ") + kSecret);
  tools::ToolResult result = text_result(std::string("the password is ") + kSecret);
  result.structured = Json{{"password", kSecret}};
  call->finish(std::move(result));
}

void needs_sampling(const CallPtr &call, const Json &) {
  if (!call->can_ask("sampling/createMessage")) {
    call->fail_protocol(
        {-32021, "sampling is needed", {{"requiredCapabilities", {{"sampling", Json::object()}}}}});
    return;
  }
  call->finish(text_result("sampled"));
}

// Runs until it is released or cancelled, and waits as a real handler would: woken, not polling.
void hold(const std::shared_ptr<FakeSurface::Hold> &held, const CallPtr &call) {
  held->state.with([](auto &state) { ++state.running; });
  held->state.notify_all();
  const std::stop_callback wake(call->stop_token(), [&] {
    held->state.with([](auto &) {}); // the waiter is either before its test or in its wait
    held->state.notify_all();
  });
  const bool released =
      held->state.wait([&](const auto &state) { return state.released || call->is_cancelled(); },
                       [](auto &state) {
                         --state.running;
                         return state.released;
                       });
  held->state.notify_all();
  call->finish(released
                   ? text_result("released")
                   : tools::ToolResult::failure({Errc::cancelled, "given up while holding", ""}));
}

// Asks what every other call of such a tool asks as well; one answer is good for all of them.
void asks_shared(const CallPtr &call, const Json &) {
  if (call->answer("city") == nullptr) {
    tools::InputRequest shared = question("city");
    shared.shared_as = "the city";
    call->suspend({shared});
    return;
  }
  call->finish(text_result("In " + answered(call, "city")));
}

// The same, once it is released.
void asks_shared_late(const std::shared_ptr<FakeSurface::Hold> &held, const CallPtr &call) {
  held->state.with([](auto &state) { ++state.running; });
  held->state.notify_all();
  held->state.wait([](const auto &state) { return state.released; },
                   [](auto &state) { --state.running; });
  held->state.notify_all();
  asks_shared(call, {});
}

// A task from its first moment on: asks, then says what it heard.
void asks_in_task(const CallPtr &call, const Json &) {
  call->begin_task();
  asks_two_at_once(call, {});
}

void asks_then_works(const CallPtr &call, const Json &) {
  if (call->answer("name") == nullptr) {
    call->suspend({question("name")});
    return;
  }
  call->begin_task();
  call->finish(text_result("worked for " + answered(call, "name")));
}

void works_and_tells(const std::shared_ptr<FakeSurface::Hold> &held, const CallPtr &call) {
  call->begin_task();
  call->report_progress(1, 2, "half way");
  hold(held, call);
}

constexpr const char *kTextSchema =
    R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})";
constexpr const char *kTextOrError =
    R"({"type":"object","properties":{"text":{"type":"string"},"error":{"type":"object"}}})";

class FakeResource final : public tools::ResourceHandler {
public:
  void read(const CallPtr &call, const std::string &uri) override {
    if (uri.find("/missing") != std::string::npos) {
      call->finish(tools::ToolResult::failure({Errc::not_found, "no such item", ""}));
      return;
    }
    tools::ToolResult result;
    result.content.push_back(
        {{"uri", uri}, {"mimeType", "text/plain"}, {"text", "content of " + uri}});
    call->finish(std::move(result));
  }
};

class FakePrompt final : public tools::PromptHandler {
public:
  void get(const CallPtr &call, const Json &arguments) override {
    tools::ToolResult result;
    result.structured =
        Json{{"messages",
              {{{"role", "user"},
                {"content",
                 {{"type", "text"},
                  {"text", "Greet " + arguments.value("who", std::string("all"))}}}}}}};
    call->finish(std::move(result));
  }
};

class FakeCompletion final : public tools::CompletionHandler {
public:
  Result<std::vector<std::string>> complete(const std::string &, const std::string &value,
                                            const Json &) override {
    if (value == "broken") {
      return Error{Errc::unavailable, "no list of names today", ""};
    }
    std::vector<std::string> values(value == "many" ? 101 : 1, value + "bert");
    return values;
  }
};

} // namespace

FakeSurface::FakeSurface(FakeOptions options)
    : options_(options), hold_(std::make_shared<Hold>()),
      lines_(std::make_shared<Guarded<std::string>>()),
      log_(LogLevel::debug,
           [lines = lines_](std::string_view line) {
             lines->with([&](auto &all) { all += line; });
           }),
      audit_({options.audit, options.state_dir}, redactor_, clock_, log_) {
  redactor_.add(kSecret);
  publish(false);
  runner_ =
      std::make_unique<CallRunner>(CallCollaborators{registry_, audit_, redactor_, clock_, log_});
  server_ = std::make_unique<Server>(
      ServerCollaborators{registry_, *runner_, redactor_, clock_, log_},
      ServerOptions{.seal_key = "a key of exactly 32 bytes length", .times = options.times});
}

FakeSurface::~FakeSurface() {
  release_held();
}

std::string FakeSurface::logged() const {
  return lines_->with([](const auto &all) { return all; });
}

void FakeSurface::publish(bool with_late) {
  registry_.publish(
      tools::Snapshot::create(++generation_, owners(with_late), contents(with_late), {}));
}

void FakeSurface::publish_local_tool(const tools::Policy &policy) {
  auto all = owners(false);
  all.front().tools.push_back(tool("local_copy", Where::dispatching_thread, echo, kTextSchema));
  all.front().tools.back().promises.local_paths = true;
  registry_.publish(
      tools::Snapshot::create(++generation_, std::move(all), contents(false), policy));
}

void FakeSurface::release_held() {
  hold_->state.with([](auto &state) { state.released = true; });
  hold_->state.notify_all();
}

bool FakeSurface::wait_for_held(int count) {
  return hold_->state.wait_until(
      std::chrono::steady_clock::now() + std::chrono::seconds(10),
      [count](const auto &state) { return state.running >= count; },
      [](auto &, bool reached) { return reached; });
}

bool FakeSurface::wait_for_none_held() {
  return hold_->state.wait_until(
      std::chrono::steady_clock::now() + std::chrono::seconds(10),
      [](const auto &state) { return state.running == 0; },
      [](auto &, bool reached) { return reached; });
}

std::vector<tools::OwnerDeclaration> FakeSurface::owners(bool with_late) const {
  using enum Where;
  tools::OwnerDeclaration core{.owner = "core", .version = "1", .tools = {}, .suppressions = {}};
  core.tools = {
      tool("echo", dispatching_thread, echo, kTextSchema, kTextOrError),
      tool("echo_worker", worker, echo, kTextSchema, kTextOrError),
      tool("fails", worker, fails),
      tool("greet", dispatching_thread, asks({"name"})),
      tool("greet_two_rounds", worker, asks({"name", "color"})),
      tool("greet_two_at_once", dispatching_thread, asks_two_at_once),
      tool("asks_forever", dispatching_thread, asks_forever),
      tool("hold", worker, [held = hold_](const CallPtr &call, const Json &) { hold(held, call); }),
      tool("steps", dispatching_thread, steps),
      tool("forgets", worker, [](const CallPtr &, const Json &) {}),
      tool("throws", worker,
           [](const CallPtr &, const Json &) { throw std::runtime_error("boom"); }),
      tool("doubles", worker,
           [](const CallPtr &call, const Json &) {
             call->finish(text_result("once"));
             call->finish(text_result("twice"));
           }),
      tool("lies", worker, lies, kNoArguments, kTextOrError),
      tool("tells_secret", dispatching_thread, tells_secret),
      tool("needs_sampling", dispatching_thread, needs_sampling),
      tool("gives_list", dispatching_thread,
           [](const CallPtr &call, const Json &) {
             tools::ToolResult result;
             result.structured = Json::array({1, 2});
             call->finish(std::move(result));
           }),
      tool("old_echo", dispatching_thread, echo, kTextSchema),
  };
  for (std::size_t i = 0; i < options_.extra_tools; ++i) {
    core.tools.push_back(tool("extra_" + std::to_string(i), dispatching_thread, echo, kTextSchema));
  }
  if (options_.has_shared_questions) {
    core.tools.push_back(tool("locate", dispatching_thread, asks_shared));
    core.tools.push_back(
        tool("locate_late", worker,
             [held = hold_](const CallPtr &call, const Json &) { asks_shared_late(held, call); }));
  }
  if (options_.has_tasks) {
    const auto add = [&](tools::TaskSupport support, tools::ToolDeclaration declaration) {
      declaration.task_support = support;
      core.tools.push_back(std::move(declaration));
    };
    add(tools::TaskSupport::optional,
        tool("work", worker,
             [held = hold_](const CallPtr &call, const Json &) { works_and_tells(held, call); }));
    // Becomes a task when it lasts, or never.
    add(tools::TaskSupport::optional,
        tool("work_on", worker,
             [held = hold_](const CallPtr &call, const Json &) { hold(held, call); }));
    add(tools::TaskSupport::optional, tool("asks_in_task", dispatching_thread, asks_in_task));
    add(tools::TaskSupport::required, tool("asks_then_works", dispatching_thread, asks_then_works));
    add(tools::TaskSupport::optional,
        tool("fails_in_task", dispatching_thread, [](const CallPtr &call, const Json &) {
          call->begin_task();
          fails(call, {});
        }));
    add(tools::TaskSupport::optional,
        tool("breaks_in_task", dispatching_thread, [](const CallPtr &call, const Json &) {
          call->begin_task();
          call->fail_protocol({-32603, "broken", {}});
        }));
  }
  tools::OwnerDeclaration fence{
      .owner = "fence.example", .version = "1", .tools = {}, .suppressions = {}};
  fence.tools = {tool("new_echo", dispatching_thread, echo, kTextSchema)};
  fence.suppressions = {{"old_echo", "it is too old", "new_echo", false}};
  if (with_late) {
    fence.tools.push_back(tool("late", dispatching_thread, echo, kTextSchema));
  }
  return {core, fence};
}

std::vector<tools::ContentDeclaration> FakeSurface::contents(bool with_late) const {
  if (!options_.has_content) {
    return {};
  }
  const auto resource = std::make_shared<FakeResource>();
  const auto prompt = std::make_shared<FakePrompt>();
  tools::ContentDeclaration content{
      .owner = "fence.example", .resources = {}, .prompts = {}, .completions = {}, .commands = {}};
  content.resources = {{.uri = "test://static",
                        .is_template = false,
                        .name = "static",
                        .title = "",
                        .description = "A text",
                        .mime_type = "text/plain",
                        .handler = resource},
                       {.uri = "test://item/{id}",
                        .is_template = true,
                        .name = "item",
                        .title = "",
                        .description = "An item",
                        .mime_type = "text/plain",
                        .handler = resource}};
  content.prompts = {{.name = "hello",
                      .title = "Hello",
                      .description = "Greets",
                      .arguments = Json::array({{{"name", "who"}, {"required", true}}}),
                      .handler = prompt}};
  if (with_late) {
    content.prompts.push_back({.name = "late",
                               .title = "",
                               .description = "Late",
                               .arguments = Json::array(),
                               .handler = prompt});
  }
  content.completions = {
      {.prompt = "hello", .resource = "", .handler = std::make_shared<FakeCompletion>()}};
  return {content};
}

} // namespace mre::mcp::testing
