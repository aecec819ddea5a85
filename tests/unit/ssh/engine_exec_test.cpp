// Commands on a real sshd: how they end, and that no byte goes missing.
#include "tests/unit/ssh/engine_fixture.hpp"

using namespace mre;
using namespace mre::testing;
using ssh::Outcome;
using ssh::RemoteProcess;

namespace {

// Counts instead of keeping: a large output must not be held by the test either.
class CountingObserver final : public ssh::ExecObserver {
public:
  std::size_t room() override { return 1U << 20U; }
  void on_output(ssh::Stream, std::string_view bytes) override {
    largest = std::max(largest, bytes.size());
    count += bytes.size();
  }
  void on_end(Result<ssh::ExecEnd> end) override { inner.on_end(std::move(end)); }
  CollectingObserver inner;
  std::size_t largest = 0;
  std::size_t count = 0;
};

} // namespace

TEST_CASE("a command ends with its exit code and both outputs") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd), "echo out; echo err >&2; exit 7");
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::exited);
  CHECK(ran.end->exit_code == 7);
  CHECK(ran.end->remote_process == RemoteProcess::gone);
  CHECK(ran.out == "out\n");
  CHECK(ran.err == "err\n");
  CHECK(ran.end->out_bytes == 4);
  CHECK(ran.end->err_bytes == 4);
  CHECK(ran.end->first_byte.has_value());
  CHECK(fixture.engine->is_connected(host_for(sshd)));
}

TEST_CASE("a command that ends with status 0 is not mistaken for one without a status") {
  const Sshd sshd;
  EngineFixture fixture;
  for (int i = 0; i < 20; ++i) {
    const auto ran = fixture.run(host_for(sshd), "true");
    REQUIRE(ran.end);
    CHECK(ran.end->outcome == Outcome::exited);
    CHECK(ran.end->exit_code == 0);
  }
}

TEST_CASE("a command that is killed by a signal names it") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd), "kill -KILL $$");
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::signalled);
  CHECK(ran.end->signal == "KILL");
  CHECK(!ran.end->exit_code);
}

TEST_CASE("stdin reaches the command and ends") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.command = "sha256sum; echo more >&2";
  request.input = std::string(5000000, 'x');
  const auto ran = fixture.run(std::move(request));
  REQUIRE(ran.end);
  CHECK(ran.out.size() == 68);
  CHECK(ran.err == "more\n");
}

TEST_CASE("a command that leaves its stdin unread ends all the same") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.command = "exec true";
  request.input = std::string(5000000, 'x');
  const auto ran = fixture.run(std::move(request));
  REQUIRE(ran.end);
  CHECK(ran.end->exit_code == 0);
}

TEST_CASE("more than a window of stderr before any stdout does not stall") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto ran = fixture.run(host_for(sshd), "head -c 6000000 /dev/zero >&2; echo done");
  REQUIRE(ran.end);
  CHECK(ran.end->exit_code == 0);
  CHECK(ran.err.size() == 6000000);
  CHECK(ran.out == "done\n");
}

TEST_CASE("200 MB come through whole and in bounded pieces") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.command = "head -c 200000000 /dev/zero";
  request.timeout = Milliseconds(60000);
  const auto observer = std::make_shared<CountingObserver>();
  fixture.engine->start(request, observer);
  const auto end = observer->inner.wait();
  REQUIRE(end);
  CHECK(end->exit_code == 0);
  CHECK(observer->count == 200000000);
  CHECK(observer->largest <= 256U * 1024U);
}

TEST_CASE("an observer without room stops the stream until it resumes") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.command = "head -c 10000000 /dev/zero";
  const auto observer = std::make_shared<CollectingObserver>();
  observer->room_ = 0;
  const auto execution = fixture.engine->start(request, observer);
  // Another command runs beside the one that is held up.
  CHECK(fixture.run(host_for(sshd), "echo beside").out == "beside\n");
  CHECK(!observer->has_ended());
  observer->room_ = 65536;
  execution->resume();
  const auto end = observer->wait();
  REQUIRE(end);
  CHECK(observer->out.size() == 10000000);
}

TEST_CASE("working directory and environment reach the command") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.working_directory = "/usr/share";
  request.environment = {{"GREETING", "it's $HOME; \"quoted\"\nline"}};
  request.command = "pwd; printf %s \"$GREETING\" # a comment";
  const auto ran = fixture.run(std::move(request));
  REQUIRE(ran.end);
  CHECK(ran.out == "/usr/share\nit's $HOME; \"quoted\"\nline");
}

TEST_CASE("a directory that cannot be entered is an error of the command") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.working_directory = "/no/such/directory";
  request.command = "echo never";
  const auto ran = fixture.run(std::move(request));
  REQUIRE(ran.end);
  CHECK(ran.end->exit_code != 0);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("/no/such/directory") != std::string::npos);
}

TEST_CASE("merged streams keep the order of writing") {
  const Sshd sshd;
  EngineFixture fixture;
  ssh::ExecRequest request;
  request.host = host_for(sshd);
  request.command = "for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done";
  request.merge_streams = true;
  const auto ran = fixture.run(std::move(request));
  REQUIRE(ran.end);
  CHECK(ran.out == "o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\n");
  CHECK(ran.err.empty());
}

TEST_CASE("a background child that holds the output is left alone after half a second") {
  const Sshd sshd;
  EngineFixture fixture;
  const auto begin = std::chrono::steady_clock::now();
  const auto ran = fixture.run(host_for(sshd), "sleep 31.417 & echo started");
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE(ran.end);
  CHECK(ran.end->outcome == Outcome::exited);
  CHECK(ran.end->exit_code == 0);
  CHECK(ran.end->remote_process == RemoteProcess::still_running);
  CHECK(ran.out == "started\n");
  CHECK(took < std::chrono::seconds(3));
  const auto left = processes_with_command("sleep 31.417");
  CHECK(left.size() == 1);
  for (const pid_t pid : left) {
    ::kill(pid, SIGKILL);
  }
}

TEST_CASE("64 commands at once all succeed under MaxSessions 10") {
  const Sshd sshd;
  EngineFixture fixture;
  std::vector<std::shared_ptr<CollectingObserver>> observers;
  for (int i = 0; i < 64; ++i) {
    ssh::ExecRequest request;
    request.host = host_for(sshd);
    request.command = "echo " + std::to_string(i);
    request.timeout = Milliseconds(60000);
    observers.push_back(std::make_shared<CollectingObserver>());
    fixture.engine->start(request, observers.back());
  }
  for (std::size_t i = 0; i < observers.size(); ++i) {
    const auto end = observers[i]->wait();
    INFO((end ? std::string(to_word(end->outcome)) : end.error().message));
    REQUIRE(end);
    CHECK(end->exit_code == 0);
    CHECK(observers[i]->out == std::to_string(i) + "\n");
  }
  CHECK(sshd.connections().size() <= 3);
}

TEST_CASE("a server that allows one session at a time runs one after the other") {
  const Sshd sshd({.max_sessions = 1});
  EngineFixture fixture;
  std::vector<std::shared_ptr<CollectingObserver>> observers;
  for (int i = 0; i < 24; ++i) {
    ssh::ExecRequest request;
    request.host = host_for(sshd);
    request.command = "echo " + std::to_string(i);
    request.timeout = Milliseconds(60000);
    observers.push_back(std::make_shared<CollectingObserver>());
    fixture.engine->start(request, observers.back());
  }
  for (const auto &observer : observers) {
    const auto end = observer->wait();
    INFO((end ? std::string(to_word(end->outcome)) : end.error().message));
    REQUIRE(end);
    CHECK(end->exit_code == 0);
  }
}
