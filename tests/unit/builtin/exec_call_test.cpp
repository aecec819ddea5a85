#include "core/builtin/exec_call.hpp"
#include "tests/unit/builtin/bench.hpp"

#include <thread>

using namespace mre;
using namespace mre::test;
using ssh::Outcome;
using ssh::RemoteProcess;
using ssh::Stream;

namespace {

ssh::ExecRequest request(Bench &bench) {
  ssh::ExecRequest out;
  out.host = bench.hosts.book.hosts.at("default");
  out.command = "true";
  return out;
}

FakeCall::Record run(Bench &bench, builtin::ExecForm form = {}) {
  const auto call = std::make_shared<FakeCall>();
  builtin::exec_into(bench.services(), call, request(bench), std::move(form));
  return call->wait();
}

} // namespace

TEST_CASE("the structured result has every field, null where it does not apply") {
  Bench bench;
  bench.print({{Stream::out, "hi\n"}}, fake_end(Outcome::exited, 3));
  const auto record = run(bench);
  REQUIRE(record.result);
  CHECK(!record.result->error);
  CHECK(
      dump_json(*record.result->structured) ==
      R"({"duration_ms":0,"exit_code":3,"host":"default","outcome":"exited","output_id":null,"remote_process":"gone",)"
      R"("signal":null,"stderr":"","stderr_bytes":0,"stderr_encoding":"utf-8","stdout":"hi\n","stdout_bytes":3,)"
      R"("stdout_encoding":"utf-8","truncated":false})");
  CHECK(record.host == "default");
  CHECK(record.outcome == "exited");
  CHECK(record.exit_code == 3);
  CHECK(record.bytes == 3);
}

TEST_CASE("the text form starts with the outcome and ends with host, user and duration") {
  Bench bench;
  bench.print({{Stream::out, "hi"}, {Stream::err, "oh\n"}});
  CHECK(text_of(*run(bench).result) ==
        "=== EXIT CODE: 0 ===\n=== STDOUT ===\nhi\n=== STDERR ===\noh\n"
        "Host: default, user: deploy, duration: 0 ms");
  bench.print({});
  CHECK(text_of(*run(bench).result) ==
        "=== EXIT CODE: 0 ===\nHost: default, user: deploy, duration: 0 ms");
}

TEST_CASE(
    "every outcome but exited is an error, keeps its output and says what became of the process") {
  struct Case {
    Outcome outcome;
    RemoteProcess process;
    const char *line, *code;
  };
  for (const Case &one :
       {Case{Outcome::timed_out, RemoteProcess::gone, "=== TIMED OUT after 30 s ===", "timed_out"},
        Case{Outcome::cancelled, RemoteProcess::still_running, "=== CANCELLED ===", "cancelled"},
        Case{Outcome::lost, RemoteProcess::unknown, "=== LOST ===", "lost"},
        Case{Outcome::signalled, RemoteProcess::gone,
             "=== SIGNALLED: KILL ===", "remote_failed"}}) {
    Bench bench;
    bench.print({{Stream::out, "partial\n"}},
                fake_end(one.outcome, std::nullopt, "KILL", one.process));
    const auto record = run(bench);
    INFO(one.line);
    REQUIRE(record.result->error);
    CHECK(record.result->content_is_complete);
    const Json &fields = *record.result->structured;
    CHECK(fields.at("error").at("code") == one.code);
    CHECK(!fields.at("error").at("hint").get<std::string>().empty());
    CHECK(fields.at("outcome") == to_word(one.outcome));
    CHECK(fields.at("remote_process") == to_word(one.process));
    CHECK(fields.at("exit_code").is_null());
    CHECK(fields.at("signal").is_null() == (one.outcome != Outcome::signalled));
    CHECK(fields.at("stdout") == "partial\n");
    const std::string text = text_of(*record.result);
    CHECK(text.rfind(std::string(one.line) + "\n" + one.code + ": ", 0) == 0);
    CHECK(contains(text, "partial"));
  }
}

TEST_CASE("the json form's text block is the structured result and nothing else") {
  Bench bench;
  bench.print({{Stream::out, "x"}}, fake_end(Outcome::timed_out));
  builtin::ExecForm form;
  form.as_json = true;
  form.extra = {{"ctid", 101}};
  const auto record = run(bench, form);
  REQUIRE(record.result->content.size() == 1);
  const auto parsed = parse_json(text_of(*record.result));
  REQUIRE(parsed);
  CHECK(*parsed == *record.result->structured);
  CHECK(parsed->at("ctid") == 101);
}

TEST_CASE("extra members never replace those of the result") {
  Bench bench;
  builtin::ExecForm form;
  form.extra = {{"outcome", "fine"}, {"ctid", 7}};
  const Json fields = *run(bench, form).result->structured;
  CHECK(fields.at("outcome") == "exited");
  CHECK(fields.at("ctid") == 7);
}

TEST_CASE("a command that cannot be started is its error alone") {
  Bench bench;
  bench.engine.script = [](const ssh::ExecRequest &) {
    FakeRun plan;
    plan.error = Error{Errc::auth_failed, "default refused every login", "check SSH_KEY"};
    return plan;
  };
  const auto record = run(bench);
  REQUIRE(record.result->error);
  CHECK(record.result->error->code == Errc::auth_failed);
  CHECK(record.host == "default");
  CHECK(record.outcome.empty());
}

TEST_CASE("cancelling the call cancels the execution, and no thread waits meanwhile") {
  Bench bench;
  bench.engine.hold = true;
  const auto call = std::make_shared<FakeCall>();
  builtin::exec_into(bench.services(), call, request(bench), {});
  CHECK(call->record().endings == 0); // exec_into returned while the command runs
  const auto run = bench.engine.take();
  REQUIRE(run);
  run->print(Stream::out, "started\n");
  call->cancel();
  CHECK(run->is_cancelled());
  const auto record = call->wait();
  CHECK(record.endings == 1);
  CHECK(record.result->structured->at("outcome") == "cancelled");
  CHECK(record.result->structured->at("stdout") == "started\n");
}

TEST_CASE("a call that was cancelled before the command began cancels it at once") {
  Bench bench;
  bench.engine.hold = true;
  const auto call = std::make_shared<FakeCall>();
  call->cancel();
  builtin::exec_into(bench.services(), call, request(bench), {});
  CHECK(bench.engine.take()->is_cancelled());
  CHECK(call->wait().endings == 1);
}

TEST_CASE("cancelling after the end does nothing") {
  Bench bench;
  const auto call = std::make_shared<FakeCall>();
  builtin::exec_into(bench.services(), call, request(bench), {});
  call->wait();
  call->cancel();
  CHECK(!bench.engine.take()->is_cancelled());
  CHECK(call->record().endings == 1);
}

TEST_CASE("cancel and end may race") {
  for (int i = 0; i < 200; ++i) {
    Bench bench;
    bench.engine.hold = true;
    const auto call = std::make_shared<FakeCall>();
    builtin::exec_into(bench.services(), call, request(bench), {});
    const auto run = bench.engine.take();
    std::thread ending([&] { run->finish(fake_end(Outcome::exited, 0)); });
    call->cancel();
    ending.join();
    REQUIRE(call->wait().endings == 1);
  }
}

TEST_CASE("what an execution holds is let go once it has ended") {
  Bench bench;
  std::weak_ptr<FakeCall> gone;
  {
    const auto call = std::make_shared<FakeCall>();
    gone = call;
    builtin::exec_into(bench.services(), call, request(bench), {});
  }
  // The fake engine still holds its run and the observer; neither may hold the call.
  CHECK(gone.expired());
}
