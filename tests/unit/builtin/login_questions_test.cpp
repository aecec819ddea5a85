// What a login asks, as a question of the call that needed it.
#include "core/builtin/login_questions.hpp"
#include "tests/unit/builtin/bench.hpp"

using namespace mre;
using namespace mre::test;

namespace {

ssh::LoginQuestion key_question() {
  ssh::LoginQuestion question;
  question.id = "host_key:default:SHA256:abc";
  question.place = "default (10.0.0.1:22)";
  question.user = "deploy";
  question.key = ssh::HostKey{"ssh-ed25519", "blob"};
  question.fingerprint = "SHA256:abc";
  question.file = "/home/me/.ssh/known_hosts";
  return question;
}

ssh::LoginQuestion prompt_question() {
  ssh::LoginQuestion question;
  question.id = "login:default:1234";
  question.place = "default (10.0.0.1:22)";
  question.user = "deploy";
  question.prompts = {"Code:", "Room:"};
  question.instruction = "Second factor";
  return question;
}

struct Asked {
  Bench bench;
  std::shared_ptr<FakeCall> call = std::make_shared<FakeCall>("ssh_exec_command");

  // The engine asks this question, and fails with this code as long as it is open.
  void fail_with(Errc code, ssh::LoginQuestion question) {
    bench.engine.ask(std::move(question));
    bench.engine.script = [this, code](const ssh::ExecRequest &request) {
      FakeRun run;
      if (bench.engine.login_question(request.host)) {
        run.error = Error{code, "no login", "a hint"};
      }
      return run;
    };
  }
  FakeCall::Record run() {
    bench.tool("ssh_exec_command").handler->invoke(call, {{"command", "true"}});
    return call->wait();
  }
};

const Json kYes = {{"action", "accept"}, {"content", Json::object()}};

} // namespace

TEST_CASE("an unknown key is a question of the call, shared with others that wait for it") {
  Asked asked;
  asked.fail_with(Errc::host_key_unknown, key_question());
  asked.call->methods = {"elicitation/create"};
  const auto record = asked.run();
  CHECK(record.endings == 1);
  REQUIRE(record.questions.size() == 1);
  const auto &question = record.questions[0];
  CHECK(question.key == "host_key:default:SHA256:abc");
  CHECK(question.shared_as == question.key);
  CHECK(question.method == "elicitation/create");
  const std::string message = question.params.at("message");
  for (const char *part :
       {"default (10.0.0.1:22)", "ssh-ed25519 SHA256:abc", "/home/me/.ssh/known_hosts"}) {
    CHECK(contains(message, part));
  }
  CHECK(asked.bench.engine.settled().empty());
}

TEST_CASE("a yes reaches the engine before the next attempt") {
  Asked asked;
  asked.fail_with(Errc::host_key_unknown, key_question());
  asked.call->answers["host_key:default:SHA256:abc"] = kYes;
  const auto record = asked.run();
  REQUIRE(record.result);
  CHECK(!record.result->error);
  REQUIRE(asked.bench.engine.settled().size() == 1);
  CHECK(asked.bench.engine.settled()[0].first == "host_key:default:SHA256:abc");
}

TEST_CASE("a no, and a client that cannot ask, end with the error") {
  Asked declined;
  declined.fail_with(Errc::host_key_unknown, key_question());
  declined.call->methods = {"elicitation/create"};
  declined.call->answers["host_key:default:SHA256:abc"] = {{"action", "decline"}};
  auto record = declined.run();
  REQUIRE(record.result);
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::host_key_unknown);
  CHECK(contains(record.result->error->message, "did not accept"));
  CHECK(declined.bench.engine.settled().empty());
  Asked mute;
  mute.fail_with(Errc::host_key_unknown, key_question());
  record = mute.run();
  REQUIRE(record.result);
  REQUIRE(record.result->error);
  CHECK(record.result->error->message == "no login");
}

TEST_CASE("a yes to one key is none to another") {
  Asked asked;
  asked.fail_with(Errc::host_key_unknown, key_question());
  asked.call->answers["host_key:default:SHA256:other"] = kYes;
  const auto record = asked.run();
  REQUIRE(record.result);
  REQUIRE(record.result->error);
  CHECK(asked.bench.engine.settled().empty());
}

TEST_CASE("only the error that belongs to a question asks it") {
  for (const Errc code :
       {Errc::host_key_changed, Errc::host_key_revoked, Errc::unreachable, Errc::auth_failed}) {
    Asked asked;
    asked.fail_with(code, key_question());
    asked.call->methods = {"elicitation/create"};
    const auto record = asked.run();
    CHECK(record.questions.empty());
    REQUIRE(record.result);
    REQUIRE(record.result->error);
    CHECK(record.result->error->code == code);
  }
}

TEST_CASE("prompts are the fields of a form, and the answers go back in their order") {
  Asked asked;
  asked.fail_with(Errc::auth_failed, prompt_question());
  asked.call->methods = {"elicitation/create"};
  const auto record = asked.run();
  REQUIRE(record.questions.size() == 1);
  const Json &params = record.questions[0].params;
  CHECK(contains(params.at("message"), "Second factor"));
  const Json &properties = params.at("requestedSchema").at("properties");
  CHECK(properties.at("answer_1").at("title") == "Code:");
  CHECK(properties.at("answer_2").at("title") == "Room:");
  Asked answered;
  answered.fail_with(Errc::auth_failed, prompt_question());
  answered.call->answers["login:default:1234"] = {
      {"action", "accept"}, {"content", {{"answer_2", "17"}, {"answer_1", "blue"}}}};
  REQUIRE(answered.run().result);
  REQUIRE(answered.bench.engine.settled().size() == 1);
  CHECK(answered.bench.engine.settled()[0].second == std::vector<std::string>{"blue", "17"});
}
