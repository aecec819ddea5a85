// ServerProcess: the built daemon as a client starts it, spoken to over its pipes.
//
// Promise: its environment holds only what the test gives; every wait is bounded; what a client
// would never see (a line that is not JSON, a second answer) throws std::runtime_error. stderr is
// kept and readable at any time. Threads: one. Lifetime: the process is killed when the object
// goes; close_input() and wait() end it as a client does.
//
//   ServerProcess server({.environment = {...}});
//   server.initialize();
//   const Json result = server.call_tool("ssh_exec_command", {{"command", "true"}});
#pragma once

#include "core/base/json.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::testing {

// The daemon under test: MRE_TEST_BINARY, else the one of this build tree.
std::string server_binary();

struct ServerOptions {
  Environment environment{}; // beside clean_environment()
  std::vector<std::string> arguments{};
  std::string working_directory{}; // empty: its home, an empty temporary folder
};

using Patience = std::chrono::milliseconds;
// Long beside everything that is tested, also under a sanitizer on a busy machine.
inline constexpr Patience kPatience{20000};

class ServerProcess {
public:
  explicit ServerProcess(const ServerOptions &options);

  // Lines and messages.
  void send_line(std::string_view line);
  void send(const Json &message);
  std::optional<Json> receive(Patience patience = kPatience); // the next one that nobody waited for

  // JSON-RPC. Ids are counted from 1.
  int start_request(const std::string &method, Json params = Json::object());
  void notify(const std::string &method, Json params = Json::object());
  Json response(int id,
                Patience patience = kPatience); // the whole answer; throws when it does not come
  bool has_response(int id, Patience patience);
  // The id of the next answer in order of arrival, whichever comes first; each id once.
  std::optional<int> next_answered(Patience patience = kPatience);
  Json request(const std::string &method, Json params = Json::object(),
               Patience patience = kPatience);

  // The handshake of the older generation; returns the result.
  Json initialize(const std::string &version = "2025-11-25", Json capabilities = Json::object());
  // What every request of the newer generation carries in params._meta.
  static Json modern_meta(Json capabilities = Json::object());

  int start_tool(const std::string &name, Json arguments, Json progress_token = nullptr);
  // The result of tools/call; throws on a JSON-RPC error.
  Json call_tool(const std::string &name, Json arguments, Patience patience = kPatience);
  std::vector<std::string> tool_names();

  // Messages that answered nothing, in order of arrival (progress and such), moved out.
  std::deque<Json> take_notifications();

  pid_t pid() const { return process_.pid(); }
  const std::string &home() const { return home_.path(); }
  std::string error_output() const;
  void close_input() { process_.close_input(); }
  void signal(int number) { process_.signal(number); }
  std::optional<ProcessEnd> wait(Patience patience = kPatience);

private:
  bool read_more(Patience patience); // false when nothing came or the stream ended
  void sort(const std::string &line);

  TemporaryFolder home_;
  Process process_;
  std::string buffer_;
  bool ended_ = false;
  int next_id_ = 1;
  std::map<int, Json> responses_;
  std::deque<int> arrived_; // ids that next_answered() has not told yet
  std::deque<Json> others_;
};

// Runs the daemon to its end with the given arguments: the command line's side.
ProgramResult run_server(const ServerOptions &options, std::string_view input = {},
                         Patience patience = kPatience);

// The first text block of a tool result.
std::string text_of(const Json &result);
// structuredContent, or an empty object.
Json structured(const Json &result);
// structuredContent.error.code, or the empty string.
std::string error_code(const Json &result);

} // namespace mre::testing
