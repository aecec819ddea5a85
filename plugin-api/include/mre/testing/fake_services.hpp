// mre/testing/fake_services.hpp - what a fake host knows and records: remote commands that were
// scripted, files in memory, settings, a clock that only the test moves.
//
// Threads: the members of a FakeState are guarded by its mutex. Lifetime: the FakeHost's.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/peer.hpp>
#include <mre/ext/cli.h>
#include <mre/ext/content.h>
#include <mre/ext/guest_files.h>
#include <mre/ext/sftp.h>
#include <mre/ext/ssh.h>
#include <mre/testing/fake_call.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {

// A remote command as the plugin asked for it.
struct RanCommand {
  std::string host, line; // line: the command, or argv quoted as the real host does
  std::string working_directory, input;
  std::vector<std::pair<std::string, std::string>> environment;
  std::uint32_t timeout_ms = 0;
};

// What a scripted command answers. Written in a row: host.on("uptime").prints("up").exits(0).
class Script {
public:
  Script &prints(std::string text) {
    out += text;
    return *this;
  }
  Script &complains(std::string text) {
    err += text;
    return *this;
  }
  Script &exits(int code) {
    outcome = MRE_OUTCOME_EXITED;
    exit_code = code;
    return *this;
  }
  // MRE_OUTCOME_TIMED_OUT, MRE_OUTCOME_LOST, …
  Script &ends(int32_t how) {
    outcome = how;
    exit_code = -1;
    return *this;
  }
  // The command is not started at all.
  Script &fails(mre_status with, std::string why, std::string next_step = "") {
    status = with;
    message = std::move(why);
    hint = std::move(next_step);
    return *this;
  }

  std::string out, err, message, hint;
  int32_t outcome = MRE_OUTCOME_EXITED, exit_code = 0;
  mre_status status = MRE_OK;
};

struct FakeFile {
  std::string bytes;
  std::uint32_t permissions = 0644;
  bool is_directory = false;
  std::string link = {}; // where a symbolic link points
};

// A container of a Proxmox node.
struct FakeGuest {
  std::string node; // the configured name
  bool is_running = true;
  std::map<std::string, FakeFile> files; // by absolute path
};

struct LogLine {
  int32_t level = MRE_OK;
  std::string event;
  json fields;
};

// Copies of what declare() gave.
struct DeclaredTool {
  mre_tool raw{};
  std::string name, title, description, input_schema, output_schema, replaces;
};
struct DeclaredSuppression {
  std::string selector, reason, instead;
  bool required = false;
};
struct DeclaredCommand {
  mre_command raw{};
  std::string name, arguments, summary;
};
struct DeclaredResource {
  mre_resource raw{};
  std::string uri, name;
};
struct DeclaredPrompt {
  mre_prompt raw{};
  std::string name;
};
struct DeclaredTransport {
  mre_transport raw{};
  std::string name;
};
struct Declarations {
  std::vector<DeclaredTool> tools;
  std::vector<DeclaredSuppression> suppressions;
  std::vector<DeclaredCommand> commands;
  std::vector<DeclaredResource> resources;
  std::vector<DeclaredPrompt> prompts;
  std::vector<mre_completion> completions;
  std::vector<DeclaredTransport> transports;
  std::map<std::string, const void *> services;
};

// A client that a transport brought, as the server sees it.
class FakePeer {
public:
  FakePeer(Client client, const mre_outlet &outlet, bool is_request)
      : client_(std::move(client)), outlet_(outlet), is_request_(is_request) {}

  const Client &client() const { return client_; }
  bool is_request() const { return is_request_; }
  int32_t verb = 0;                                        // of a request
  std::vector<std::pair<std::string, std::string>> fields; // of a request

  std::vector<std::string> received() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return received_;
  }
  bool is_open() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return is_open_;
  }
  // What the server says to this client; nothing once it has left.
  void send(const Outgoing &out) {
    mre_outgoing raw{};
    raw.size = sizeof raw;
    raw.flags = mre::detail::flag(out.is_last, MRE_OUTGOING_LAST) |
                mre::detail::flag(out.may_drop, MRE_OUTGOING_MAY_DROP) |
                mre::detail::flag(out.is_pause, MRE_OUTGOING_PAUSE);
    raw.message = borrow(out.message);
    raw.event_id = borrow(out.event_id);
    raw.session_id = borrow(out.session_id);
    raw.status = out.status;
    if (is_open()) {
      outlet_.send(outlet_.ctx, &raw);
    }
  }

  // For the fake host.
  mre_peer *raw() { return reinterpret_cast<mre_peer *>(this); }
  void note(std::string_view message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    received_.emplace_back(message);
  }
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = false;
  }

private:
  const Client client_;
  const mre_outlet outlet_;
  const bool is_request_;
  mutable std::mutex mutex_;
  std::vector<std::string> received_;
  bool is_open_ = true;
};

// Timers and jobs that wait.
struct Waiting {
  std::uint64_t due_ms = 0; // of the fake clock; jobs are due at once
  void (*timer)(void *data) = nullptr;
  void (*job)(void *data, mre_call *job) = nullptr;
  void *data = nullptr;
};

struct FakeState {
  mutable std::mutex mutex;
  std::vector<std::string> blames;
  std::set<std::string> absent; // services this host does not have
  mre_status failing = MRE_OK;  // set: every service that can fail does, with this
  bool is_serving = false;      // between create() and destroy()
  bool is_declaring = false;
  std::thread::id control_thread; // on which declare() runs

  json config = json::object();
  json limits = {{"character_limit", 25000},
                 {"max_file_size", 10485760},
                 {"timeout_ms", 30000},
                 {"max_timeout_ms", 300000},
                 {"read_only", false}};
  json hosts = json::array({{{"name", "default"},
                             {"host", "192.0.2.1"},
                             {"port", 22},
                             {"user", "root"},
                             {"tags", json::array()},
                             {"description", ""},
                             {"connected", true}}});
  std::set<std::string> active_plugins;
  std::map<std::string, std::string> kv;
  std::deque<std::pair<std::string, Script>> scripts; // the line, or empty: any
  std::vector<RanCommand> commands;
  std::map<std::string, FakeFile> remote_files; // "host:path"
  std::map<std::string, FakeFile> local_files;
  std::map<std::uint32_t, FakeGuest> guests;
  mre_guest_files_api guest_files{};        // size 0: nobody offers it
  std::map<std::string, json> tool_results; // of mre.tools/1, as tools/call would give them
  std::vector<std::pair<std::string, json>> tool_calls;
  std::vector<LogLine> log;
  std::vector<json> audit;
  std::vector<std::string> secrets, updated_resources;
  std::map<std::uint64_t, Waiting> waiting;
  std::uint64_t now_ms = 0, next_id = 1;
  Declarations declared;
  std::optional<Error> refusal; // of the declaration under way
  mre_registry registry{};
  std::map<std::string, const void *> offered; // services of other plugins
  std::deque<std::unique_ptr<FakeCall>> calls; // kept for ever: see FakeCall
  std::deque<std::unique_ptr<FakePeer>> peers;
  std::function<std::string(const std::string &message)> peer_answer;
  bool clients_take_tasks = false;
  std::uint32_t changed_lists = 0; // of mre.mcp/1
};

namespace detail {

// What mre_host is here; abi comes first.
struct RawHost {
  mre_host abi;
  FakeState *state;
};
inline FakeState &state_of(const mre_host *host) {
  return *reinterpret_cast<const RawHost *>(host)->state;
}
inline void blame(FakeState &state, const std::string &what) {
  const std::lock_guard<std::mutex> lock(state.mutex);
  state.blames.push_back(what);
}

// Whether a service function goes on: false when the host was told to fail, or is used after the
// plugin's end.
inline mre_status admit(const mre_host *host, mre_error *err, const char *function) {
  FakeState &state = state_of(host);
  const std::lock_guard<std::mutex> lock(state.mutex);
  if (!state.is_serving) {
    state.blames.push_back(std::string("used ") + function + " after its end");
    return store(err, MRE_UNAVAILABLE, "the host no longer serves this plugin");
  }
  if (state.failing != MRE_OK) {
    return store(err, state.failing, std::string(function) + " fails, as the test wants");
  }
  return MRE_OK;
}
inline void give(const mre_sink &sink, std::string_view bytes) {
  if (sink.write != nullptr) {
    sink.write(sink.ctx, borrow(bytes));
  }
}
// An effect of a call that may be null: no more questions from here on.
inline void note_effect(mre_call *call) {
  if (call != nullptr) {
    FakeCall::from(call).note_effect();
  }
}
inline bool is_cancelled(mre_call *call) {
  return call != nullptr && FakeCall::from(call).is_cancelled();
}
// A configured host's name, empty: the first one.
inline std::optional<std::string> host_name(const FakeState &state, std::string_view wanted) {
  for (const auto &host : state.hosts) {
    const std::string name = host.value("name", "");
    if (wanted.empty() || name == wanted) {
      return name;
    }
  }
  return std::nullopt;
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
