// What tests of the HTTP transport start from: the built server as a daemon, and requests of both
// generations.
//
// Threads: one. Lifetime: a daemon is killed with its object.
#pragma once

#include "tests/integration/bench.hpp"
#include "tests/support/http_client.hpp"

#include <filesystem>

namespace mre::testing {

inline constexpr const char *kToken = "a-token-for-the-tests";

// A host that nobody reaches: for what ends before SSH begins.
inline Environment offline(const Environment &extra = {}) {
  Environment all{{"I_ACCEPT_RISKS", "true"},        {"HOST", "127.0.0.1"},   {"SSH_PORT", "1"},
                  {"SSH_PASSWORD", "not-used-here"}, {"ENABLE_HTTP", "true"}, {"HTTP_PORT", "0"}};
  for (const auto &[name, value] : extra) {
    all[name] = value;
  }
  return all;
}

// A daemon without stdio, on a port of the kernel's choice.
class HttpDaemon {
public:
  explicit HttpDaemon(const Environment &environment)
      : process({.environment = environment, .arguments = {"serve", "--no-stdio"}}) {
    const std::string mark = "http://127.0.0.1:";
    REQUIRE(eventually(
        [&] {
          return holds(process.error_output(), "event=listening") ||
                 holds(process.error_output(), mark);
        },
        kPatience));
    const std::string said = process.error_output();
    port = static_cast<std::uint16_t>(std::stoi(said.substr(said.find(mark) + mark.size())));
  }

  HttpResponse ask(const std::string &bytes) const {
    HttpConnection http(port);
    http.send(bytes);
    return http.response();
  }
  int status(const std::string &bytes) const { return ask(bytes).status; }
  // A session of the handshake; its id.
  std::string begin_session(const std::string &version = "2025-11-25",
                            Json capabilities = Json::object()) const {
    const auto answer =
        ask(http_post({}, message("initialize", {{"protocolVersion", version},
                                                 {"capabilities", std::move(capabilities)}})));
    REQUIRE(answer.status == 200);
    return answer.fields.at("mcp-session-id");
  }

  static std::string message(const std::string &method, Json params, int id = 1) {
    return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}
        .dump();
  }

  ServerProcess process;
  std::uint16_t port = 0;
};

// A request of the generation without a handshake, with the headers that repeat it.
inline std::string modern_post(const std::string &method, Json params = Json::object(),
                               HttpFields more = {}) {
  params["_meta"] = ServerProcess::modern_meta();
  HttpFields fields = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}};
  if (params.contains("name")) {
    fields.emplace_back("Mcp-Name", params.at("name").get<std::string>());
  }
  fields.insert(fields.end(), more.begin(), more.end());
  return http_post(fields, HttpDaemon::message(method, std::move(params)));
}

inline Json exec_params(const std::string &command) {
  return {{"name", "ssh_exec_command"}, {"arguments", {{"command", command}}}};
}

// The same behind a shell that does something to the process first: limits, descriptors.
class ShellDaemon {
public:
  ShellDaemon(const std::string &script, Environment environment)
      : process_({.command = {"/bin/sh", "-c", script + "; exec \"$0\" serve --no-stdio",
                              server_binary()},
                  .environment = settings(std::move(environment)),
                  .output = Connect::null,
                  .error_file = folder_ / "stderr"}) {}
  Process &process() { return process_; }
  std::string said() const {
    return path_exists(folder_ / "stderr") ? folder_.read("stderr") : std::string();
  }
  std::uint16_t port() const {
    static const std::string kMark = "http://127.0.0.1:";
    REQUIRE(eventually([&] { return holds(said(), kMark); }, kPatience));
    const std::string text = said();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.find(kMark) + kMark.size())));
  }

private:
  Environment settings(Environment environment) const {
    for (const auto &[name, value] : clean_environment(folder_.path())) {
      environment.emplace(name, value);
    }
    return environment;
  }
  TemporaryFolder folder_;
  Process process_;
};

inline Environment with_http(const Bench &bench) {
  return bench.environment({{"ENABLE_HTTP", "true"}, {"HTTP_PORT", "0"}});
}

inline std::size_t descriptors_of(pid_t pid) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto &entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    ++count;
  }
  return count;
}

} // namespace mre::testing
