// What a login asks a person: unknown host keys, in both generations of the protocol, from the
// core's tools and from plugins.
#include "tests/integration/bench.hpp"
#include "tests/support/network.hpp"

#include <set>

using namespace mre;
using namespace mre::testing;

namespace {

const Json kCanAsk = {{"elicitation", Json::object()}};

// A bench whose server is recorded in no file yet.
struct UnknownBench : Bench {
  std::string known = sshd.folder() / "asked_known_hosts";
  Environment unknown(const Environment &extra = {}) const {
    Environment all = environment({{"SSH_KNOWN_HOSTS", known}});
    for (const auto &[name, value] : extra) {
      all[name] = value;
    }
    return all;
  }
  std::string fingerprint() const {
    const auto told =
        run_program({.command = {"ssh-keygen", "-l", "-f", sshd.host_key("ed25519") + ".pub"}});
    const auto begin = told.output.find("SHA256:");
    return told.output.substr(begin, told.output.find(' ', begin) - begin);
  }
};

bool asks(const Json &message) {
  return message.value("method", "") == "elicitation/create";
}

// The next question; what comes in between is kept for nobody.
Json next_question(ServerProcess &server) {
  while (const auto message = server.receive()) {
    if (asks(*message)) {
      return *message;
    }
  }
  FAIL("no question came");
  return {};
}

void answer(ServerProcess &server, const Json &question, const std::string &action,
            const Json &content = Json::object()) {
  Json result = {{"action", action}};
  if (action == "accept") {
    result["content"] = content;
  }
  server.send({{"jsonrpc", "2.0"}, {"id", question.at("id")}, {"result", result}});
}

ServerProcess asking_server(const Environment &environment) {
  ServerProcess server({.environment = environment});
  server.initialize("2025-11-25", kCanAsk);
  return server;
}

Json result_of(ServerProcess &server, int id) {
  return server.response(id).at("result");
}

Json modern_call(const Json &capabilities, const std::string &tool, const Json &arguments) {
  return {{"name", tool},
          {"arguments", arguments},
          {"_meta", ServerProcess::modern_meta(capabilities)}};
}

} // namespace

TEST_CASE("a person is asked about an unknown host key, and with a yes it is recorded and used") {
  const UnknownBench bench;
  auto server = asking_server(bench.unknown());
  const int call = server.start_tool("ssh_exec_command", {{"command", "echo in"}});
  const Json question = next_question(server);
  const std::string message = question.at("params").at("message");
  CHECK(holds(message, "127.0.0.1:" + std::to_string(bench.sshd.port())));
  CHECK(holds(message, "ssh-ed25519 " + bench.fingerprint()));
  CHECK(holds(message, bench.known));
  CHECK(question.at("params").at("requestedSchema").at("type") == "object");
  CHECK_FALSE(path_exists(bench.known)); // nothing before the answer
  answer(server, question, "accept");
  CHECK(structured(result_of(server, call)).value("stdout", "") == "in\n");
  CHECK(holds(read_whole_file(bench.known), "ssh-ed25519 "));
  // The next process knows it, and needs nobody.
  auto other = start_server(bench.unknown());
  CHECK(structured(other.call_tool("ssh_exec_command", {{"command", "echo in"}}))
            .value("stdout", "") == "in\n");
}

TEST_CASE("a no, or nobody to ask, is host_key_unknown and records nothing") {
  const UnknownBench bench;
  for (const std::string action : {"decline", "cancel"}) {
    auto server = asking_server(bench.unknown());
    const int call = server.start_tool("ssh_exec_command", {{"command", "true"}});
    answer(server, next_question(server), action);
    const Json result = result_of(server, call);
    CHECK(error_code(result) == "host_key_unknown");
    CHECK(holds(text_of(result), bench.fingerprint()));
    CHECK(holds(text_of(result), "did not accept"));
    CHECK_FALSE(path_exists(bench.known));
    // A later call asks anew.
    const int again = server.start_tool("ssh_exec_command", {{"command", "echo in"}});
    answer(server, next_question(server), "decline");
    CHECK(error_code(result_of(server, again)) == "host_key_unknown");
  }
  auto server = start_server(bench.unknown());
  CHECK(error_code(server.call_tool("ssh_exec_command", {{"command", "true"}})) ==
        "host_key_unknown");
}

TEST_CASE("calls that wait for one host ask one question") {
  const UnknownBench bench;
  for (const std::string action : {"decline", "accept"}) {
    auto server = asking_server(bench.unknown());
    std::vector<int> calls;
    for (int i = 0; i < 10; ++i) {
      calls.push_back(server.start_tool("ssh_exec_command", {{"command", "echo in"}}));
    }
    const Json question = next_question(server);
    answer(server, question, action);
    for (const int call : calls) {
      const Json result = result_of(server, call);
      INFO(action << " " << result.dump());
      CHECK((action == "accept" ? structured(result).value("stdout", "") == "in\n"
                                : error_code(result) == "host_key_unknown"));
    }
    int questions = 1;
    for (const auto &message : server.take_notifications()) {
      questions += asks(message) ? 1 : 0;
    }
    CHECK(questions == 1);
  }
  const std::string recorded = read_whole_file(bench.known);
  CHECK(std::count(recorded.begin(), recorded.end(), '\n') == 1);
}

TEST_CASE("a cancelled call takes its question back, and who shared it is asked instead") {
  const UnknownBench bench;
  auto server = asking_server(bench.unknown());
  const int first = server.start_tool("ssh_exec_command", {{"command", "echo one"}});
  const Json question = next_question(server);
  const int second = server.start_tool("ssh_exec_command", {{"command", "echo two"}});
  // It has joined the open question once it needed the connection and got none: no message shows
  // that, so the cancel may come before; then it asks for itself. One question is open either way.
  server.notify("notifications/cancelled", {{"requestId", first}});
  std::set<std::string> withdrawn;
  Json next;
  while (next.is_null()) {
    const auto message = server.receive();
    REQUIRE(message);
    if (message->value("method", "") == "notifications/cancelled") {
      withdrawn.insert(message->at("params").at("requestId").get<std::string>());
    } else if (asks(*message)) {
      next = *message;
    }
  }
  CHECK(next.at("id") != question.at("id"));
  CHECK(next.at("params") == question.at("params"));
  CHECK(withdrawn.count(question.at("id").get<std::string>()) == 1);
  answer(server, question, "accept"); // too late, and for nothing
  CHECK_FALSE(path_exists(bench.known));
  answer(server, next, "accept");
  CHECK(structured(result_of(server, second)).value("stdout", "") == "two\n");
  CHECK_FALSE(server.has_response(first, std::chrono::milliseconds(0)));
}

TEST_CASE("other hosts and calls go on while a person thinks") {
  const UnknownBench bench;
  const Bench friendly;
  const std::string book = bench.sshd.folder().write(
      "hosts.json", dump_json({{"hosts",
                                {{"known",
                                  {{"host", "127.0.0.1"},
                                   {"port", friendly.sshd.port()},
                                   {"user", friendly.sshd.user()},
                                   {"key", friendly.sshd.client_key()},
                                   {"known_hosts", friendly.sshd.known_hosts()}}}}}}));
  auto server = asking_server(bench.unknown({{"MRE_HOSTS", book}}));
  const int waiting = server.start_tool("ssh_exec_command", {{"command", "echo late"}});
  const Json question = next_question(server);
  CHECK(structured(
            server.call_tool("ssh_exec_command", {{"command", "echo soon"}, {"host", "known"}}))
            .value("stdout", "") == "soon\n");
  CHECK_FALSE(server.has_response(waiting, std::chrono::milliseconds(0)));
  answer(server, question, "accept");
  CHECK(structured(result_of(server, waiting)).value("stdout", "") == "late\n");
}

TEST_CASE("the stateless generation asks by its result, and the repeated call goes on") {
  const UnknownBench bench;
  ServerProcess server({.environment = bench.unknown()});
  Json call = modern_call(kCanAsk, "ssh_exec_command", {{"command", "echo in"}});
  Json asked = server.request("tools/call", call).at("result");
  REQUIRE(asked.value("resultType", "") == "input_required");
  const Json requests = asked.at("inputRequests");
  REQUIRE(requests.size() == 1);
  const std::string key = requests.begin().key();
  CHECK(requests.begin()->at("method") == "elicitation/create");
  CHECK(holds(requests.begin()->at("params").at("message"), bench.fingerprint()));
  call["requestState"] = asked.at("requestState");
  SECTION("accepted") {
    call["inputResponses"] = {{key, {{"action", "accept"}, {"content", Json::object()}}}};
    const Json result = server.request("tools/call", call).at("result");
    CHECK(result.value("resultType", "") == "complete");
    CHECK(structured(result).value("stdout", "") == "in\n");
    CHECK(holds(read_whole_file(bench.known), "ssh-ed25519 "));
  }
  SECTION("declined") {
    call["inputResponses"] = {{key, {{"action", "decline"}}}};
    const Json result = server.request("tools/call", call).at("result");
    CHECK(error_code(result) == "host_key_unknown");
    CHECK_FALSE(path_exists(bench.known));
  }
  SECTION("a client that declares nothing is not asked") {
    const Json result = server
                            .request("tools/call", modern_call(Json::object(), "ssh_exec_command",
                                                               {{"command", "echo in"}}))
                            .at("result");
    CHECK(error_code(result) == "host_key_unknown");
  }
}

TEST_CASE("plugins' calls ask as well, before their first effect") {
  const UnknownBench bench;
  auto server = asking_server(bench.unknown());
  int call = 0;
  std::string wanted;
  const std::string local = bench.sshd.folder().write("local_file", "content");
  const std::string remote = bench.sshd.folder() / "remote_file";
  SECTION("a listing") {
    call = server.start_tool("ssh_list_directory", {{"path", "/"}});
  }
  SECTION("a written file") {
    call = server.start_tool("ssh_write_file", {{"path", remote}, {"content", "content"}});
    wanted = remote;
  }
  SECTION("an upload") {
    call = server.start_tool("ssh_upload_file", {{"local_path", local}, {"remote_path", remote}});
    wanted = remote;
  }
  SECTION("a download") {
    call = server.start_tool("ssh_download_file", {{"remote_path", local}, {"local_path", remote}});
    wanted = remote;
  }
  answer(server, next_question(server), "accept");
  const Json result = result_of(server, call);
  INFO(dump_json(result));
  CHECK_FALSE(result.value("isError", false));
  CHECK((wanted.empty() || read_whole_file(wanted) == "content"));
  CHECK(holds(read_whole_file(bench.known), "ssh-ed25519 "));
}

TEST_CASE("nobody is asked about a changed or a revoked key") {
  const UnknownBench bench;
  const std::string own = read_whole_file(bench.sshd.known_hosts());
  for (const auto &[line, code] : std::vector<std::pair<std::string, std::string>>{
           {known_hosts_line_with_foreign_key(bench.sshd), "host_key_changed"},
           {"@revoked " + own, "host_key_revoked"}}) {
    const std::string file = bench.sshd.folder().write("bad_known_hosts", line);
    auto server = asking_server(bench.environment({{"SSH_KNOWN_HOSTS", file}}));
    const Json result = server.call_tool("ssh_exec_command", {{"command", "true"}});
    CHECK(error_code(result) == code);
    for (const auto &message : server.take_notifications()) {
      CHECK_FALSE(asks(message));
    }
    CHECK(read_whole_file(file) == line);
  }
}

TEST_CASE("the key of a jump host is asked about by its own name, then that of the host behind") {
  const UnknownBench bench;
  const Bench behind;
  const std::string book =
      bench.sshd.folder().write("hosts.json", dump_json({{"hosts",
                                                          {{"bastion",
                                                            {{"host", "127.0.0.1"},
                                                             {"port", bench.sshd.port()},
                                                             {"user", bench.sshd.user()},
                                                             {"key", bench.sshd.client_key()}}},
                                                           {"inner",
                                                            {{"host", "127.0.0.1"},
                                                             {"port", behind.sshd.port()},
                                                             {"user", behind.sshd.user()},
                                                             {"key", behind.sshd.client_key()},
                                                             {"jump", "bastion"}}}}}}));
  auto server = asking_server(bench.unknown({{"MRE_HOSTS", book}, {"HOST", ""}}));
  const int call =
      server.start_tool("ssh_exec_command", {{"command", "echo in"}, {"host", "inner"}});
  Json question = next_question(server);
  CHECK(holds(question.at("params").at("message"), "bastion"));
  answer(server, question, "accept");
  question = next_question(server);
  CHECK(holds(question.at("params").at("message"), "inner"));
  answer(server, question, "accept");
  CHECK(structured(result_of(server, call)).value("stdout", "") == "in\n");
}

TEST_CASE("a yes is recorded hashed where the file's other entries are") {
  const UnknownBench bench;
  const std::string hashed = "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= " +
                             read_whole_file(bench.sshd.client_key() + ".pub");
  const std::string file = bench.sshd.folder().write("hashed_known_hosts", hashed);
  auto server = asking_server(bench.environment({{"SSH_KNOWN_HOSTS", file}}));
  const int call = server.start_tool("ssh_exec_command", {{"command", "echo in"}});
  answer(server, next_question(server), "accept");
  CHECK(structured(result_of(server, call)).value("stdout", "") == "in\n");
  const std::string all = read_whole_file(file);
  CHECK(all.rfind(hashed, 0) == 0);
  CHECK(all.substr(hashed.size()).rfind("|1|", 0) == 0);
  CHECK_FALSE(holds(all, "127.0.0.1"));
  CHECK(run_program({.command = {"ssh-keygen", "-F",
                                 "[127.0.0.1]:" + std::to_string(bench.sshd.port()), "-f", file}})
            .exit_code() == 0);
}
