// Keyboard-interactive logins through a real sshd and PAM: what the configuration answers, what a
// person is asked, and what nobody is asked.
#include "tests/integration/bench.hpp"
#include "tests/support/system_user.hpp"

#include <unistd.h>

#include <fstream>
#include <optional>

using namespace mre;
using namespace mre::testing;

namespace {

// A service of PAM for one sshd, which asks what it is told to (tests/support/pam_ask.c).
class PamService {
public:
  explicit PamService(const std::string &questions)
      : name_("sshd-ask-" + std::to_string(::getpid())) {
    std::ofstream(path()) << "auth required " MRE_PAM_ASK " " << questions << "\n"
                          << "account required pam_permit.so\nsession required pam_permit.so\n";
  }
  ~PamService() { ::unlink(path().c_str()); }
  PamService(const PamService &) = delete;
  PamService &operator=(const PamService &) = delete;
  const std::string &name() const { return name_; }

private:
  std::string path() const { return "/etc/pam.d/" + name_; }
  std::string name_;
};

// OpenSSH takes its PAM service from its name up to 9.7; later ones are not worth a second way
// here.
bool can_run() {
  if (!SystemUser::can_create() || ::access("/etc/pam.d", W_OK) != 0) {
    WARN("SKIPPED: needs root, for an account and a service of PAM");
    return false;
  }
  return true;
}

struct Keyboard {
  explicit Keyboard(const std::string &questions)
      : service(questions), bench({.keyboard_interactive = true, .pam_service = service.name()}) {}
  ServerProcess server(const Json &capabilities, const std::string &password = "account-password") {
    ServerProcess process(
        {.environment = bench.environment(
             {{"SSH_USERNAME", user.name()}, {"SSH_KEY", ""}, {"SSH_PASSWORD", password}})});
    process.initialize("2025-11-25", capabilities);
    return process;
  }

  SystemUser user{"account-password"};
  PamService service;
  Bench bench;
};

const Json kCanAsk = {{"elicitation", Json::object()}};

std::optional<Json> next_question(ServerProcess &server) {
  while (auto message = server.receive()) {
    if (message->value("method", "") == "elicitation/create") {
      return message;
    }
  }
  return std::nullopt;
}

void answer(ServerProcess &server, const Json &question, const std::string &word) {
  Json content = Json::object();
  for (const auto &[name, property] :
       question.at("params").at("requestedSchema").at("properties").items()) {
    content[name] = word;
  }
  server.send({{"jsonrpc", "2.0"},
               {"id", question.at("id")},
               {"result", {{"action", "accept"}, {"content", content}}}});
}

int start(ServerProcess &server) {
  return server.start_tool("ssh_exec_command", {{"command", "id -un"}});
}

Json result_of(ServerProcess &server, int id) {
  return server.response(id).at("result");
}

bool was_asked(ServerProcess &server) {
  for (const auto &message : server.take_notifications()) {
    if (message.value("method", "") == "elicitation/create") {
      return true;
    }
  }
  return false;
}

} // namespace

TEST_CASE("a prompt with an echo is put to the person, the hidden one to the configuration") {
  if (!can_run()) {
    return;
  }
  Keyboard keyboard("show:Welcome_home echo:Favourite_colour?_=blue "
                    "hidden:Password:_=account-password echo:Room_number:_=17");
  auto server = keyboard.server(kCanAsk);
  const int call = start(server);
  auto question = next_question(server);
  REQUIRE(question);
  const Json params = question->at("params");
  const std::string message = params.at("message");
  CHECK(holds(message, keyboard.user.name()));
  CHECK(holds(message, "127.0.0.1:" + std::to_string(keyboard.bench.sshd.port())));
  CHECK(holds(dump_json(params), "Favourite colour?"));
  CHECK_FALSE(holds(dump_json(params), "account-password"));
  answer(server, *question, "blue");
  question = next_question(server);
  REQUIRE(question);
  CHECK(holds(dump_json(question->at("params")), "Room number:"));
  answer(server, *question, "17");
  CHECK(structured(result_of(server, call)).value("stdout", "") == keyboard.user.name() + "\n");
}

TEST_CASE("a wrong answer to a prompt is auth_failed, and the next call asks anew") {
  if (!can_run()) {
    return;
  }
  Keyboard keyboard("echo:Favourite_colour?_=blue");
  auto server = keyboard.server(kCanAsk);
  int call = start(server);
  auto question = next_question(server);
  REQUIRE(question);
  answer(server, *question, "red");
  CHECK(error_code(result_of(server, call)) == "auth_failed");
  call = start(server);
  question = next_question(server);
  REQUIRE(question);
  answer(server, *question, "blue");
  CHECK(structured(result_of(server, call)).value("stdout", "") == keyboard.user.name() + "\n");
}

TEST_CASE("without a person a prompt with an echo is auth_failed and named") {
  if (!can_run()) {
    return;
  }
  Keyboard keyboard("echo:Favourite_colour?_=blue");
  auto server = keyboard.server(Json::object());
  const Json result = result_of(server, start(server));
  CHECK(error_code(result) == "auth_failed");
  CHECK(holds(text_of(result), "Favourite colour?"));
  CHECK(holds(text_of(result), "keyboard-interactive"));
}

TEST_CASE("what is hidden, or asks for a secret, is never put to a person, but named") {
  if (!can_run()) {
    return;
  }
  for (const std::string prompt : {"hidden:Verification_code:_=1", "echo:Your_password_please:_=1",
                                   "echo:Passphrase_of_the_day:_=1"}) {
    Keyboard keyboard(prompt);
    auto server = keyboard.server(kCanAsk);
    const Json result = result_of(server, start(server));
    INFO(dump_json(result));
    CHECK(error_code(result) == "auth_failed");
    std::string shown = prompt.substr(prompt.find(':') + 1);
    shown = shown.substr(0, shown.find(':'));
    std::replace(shown.begin(), shown.end(), '_', ' ');
    CHECK(holds(text_of(result), shown));
    CHECK_FALSE(was_asked(server));
  }
}

TEST_CASE("a wrong password for the hidden prompt is auth_failed with what the server offers") {
  if (!can_run()) {
    return;
  }
  Keyboard keyboard("hidden:Password:_=account-password");
  auto server = keyboard.server(kCanAsk, "another-password");
  const Json result = result_of(server, start(server));
  CHECK(error_code(result) == "auth_failed");
  CHECK(holds(text_of(result), "password (not offered by the server)"));
  CHECK(holds(text_of(result), "keyboard-interactive (refused)"));
  CHECK(holds(text_of(result), "the server offers: "));
  CHECK_FALSE(holds(dump_json(result), "another-password"));
}

TEST_CASE("a server that asks for a key and then for more gets both, in either order") {
  if (!can_run()) {
    return;
  }
  const SystemUser user{"account-password"};
  const PamService service("hidden:Password:_=account-password");
  for (const std::string steps :
       {"publickey,keyboard-interactive", "keyboard-interactive,publickey"}) {
    INFO(steps);
    const Bench bench({.keyboard_interactive = true,
                       .pam_service = service.name(),
                       .extra_config = {"AuthenticationMethods " + steps}});
    const auto login = [&](const Environment &credentials) {
      Environment extra{{"SSH_USERNAME", user.name()}};
      extra.insert(credentials.begin(), credentials.end());
      auto server = start_server(bench.environment(extra));
      return server.call_tool("ssh_exec_command", {{"command", "id -un"}});
    };
    const Json both = login({{"SSH_PASSWORD", "account-password"}});
    INFO(dump_json(both));
    CHECK(structured(both).value("stdout", "") == user.name() + "\n");
    const Json wrong = login({{"SSH_PASSWORD", "another-password"}});
    INFO(dump_json(wrong));
    CHECK(error_code(wrong) == "auth_failed");
    CHECK_FALSE(holds(dump_json(wrong), "another-password"));
  }
  const Bench bench({.keyboard_interactive = true,
                     .pam_service = service.name(),
                     .extra_config = {"AuthenticationMethods publickey,keyboard-interactive"}});
  auto server = start_server(bench.environment({{"SSH_USERNAME", user.name()}}));
  const Json half = server.call_tool("ssh_exec_command", {{"command", "true"}});
  INFO(dump_json(half));
  CHECK(error_code(half) == "auth_failed");
  CHECK(holds(text_of(half), "accepted, and the server asks for more"));
  CHECK(holds(text_of(half), "the server offers: keyboard-interactive"));
}
