// mre/testing/fake_host.hpp - a host in memory for unit tests of plugins.
//
//   mre::testing::FakeHost host;
//   host.on("uptime -p").prints("up 3 weeks\n");
//   mre::testing::FakePlugin plugin(host, mre_plugin_v1());
//   const auto result = plugin.call("uptime");
//   REQUIRE(result.text() == "up 3 weeks");
//
// The test links the plugin's sources, or loads the .so and takes the entry function from it.
// Promise: every service of version 1 is there, and the drafts; nothing leaves the process; time
// passes only by advance(); what the plugin gets wrong is collected in misbehaviour(). Arguments
// are not checked against the schema: that is the real host's, and `mre-check` looks at it.
// Threads: services may be called from any; the test's own calls from one. Lifetime: the host
// outlives its plugins.
#pragma once

#include <mre/testing/fake_files.hpp>
#include <mre/testing/fake_guests.hpp>
#include <mre/testing/fake_services.hpp>
#include <mre/testing/fake_tables.hpp>

#include <chrono>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {

class FakeHost {
public:
  FakeHost() {
    raw_.abi.size = sizeof raw_.abi;
    raw_.abi.abi_minor = MRE_ABI_MINOR;
    raw_.abi.service = &FakeHost::service;
    raw_.state = &state_;
  }
  FakeHost(const FakeHost &) = delete;
  FakeHost &operator=(const FakeHost &) = delete;

  const mre_host *raw() const { return &raw_.abi; }

  // What the remote side answers: to exactly this line (argv as `shell_join` writes it), or to any
  // line without a script. Without any, a command is MRE_UNREACHABLE.
  Script &on(std::string line) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.scripts.emplace_back(std::move(line), Script());
    return state_.scripts.back().second;
  }
  Script &otherwise() { return on(""); }
  void remote_file(const std::string &path, std::string bytes, std::uint32_t permissions = 0644,
                   const std::string &host = "default") {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.remote_files[host + ":" + path] = {std::move(bytes), permissions, false, {}};
  }
  void local_file(const std::string &path, std::string bytes) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.local_files[path] = {std::move(bytes), 0644, false, {}};
  }
  // A container that runs, empty but for /root and /tmp. From the first one on mre.guest-files/1 is
  // there, as it is while the plugin proxmox is on.
  void container(std::uint32_t ctid, const std::string &node = "default") {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.guest_files = detail::guest_files_table(state_);
    FakeGuest &guest = state_.guests[ctid];
    guest.node = node;
    guest.files["/root"] = {"", 0700, true, {}};
    guest.files["/tmp"] = {"", 01777, true, {}};
  }
  void stop_container(std::uint32_t ctid) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.guests.at(ctid).is_running = false;
  }
  // In a container that was made before.
  void guest_file(std::uint32_t ctid, const std::string &path, std::string bytes,
                  std::uint32_t permissions = 0644) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.guests.at(ctid).files[path] = {std::move(bytes), permissions, false, {}};
  }
  void setting(const std::string &name, json value) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.config[name] = std::move(value);
  }
  void tool_answers(const std::string &tool, json result) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.tool_results[tool] = std::move(result);
  }
  // A service that another plugin would offer.
  void offer(const std::string &id, const void *table) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.offered[id] = table;
  }
  void plugin_is_active(const std::string &id) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.active_plugins.insert(id);
  }
  // A host that lacks a service, or whose services all fail.
  void without(const std::string &service) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.absent.insert(service);
  }
  void fail_everything(mre_status status) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.failing = status;
  }

  // Lets time pass: timers that become due run here, in order; jobs as well.
  void advance(std::chrono::milliseconds span) {
    const std::uint64_t end = now() + static_cast<std::uint64_t>(span.count());
    while (run_next(end)) {
    }
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.now_ms = end;
  }
  // Runs the jobs that wait, on this thread.
  void run_jobs() {
    while (run_next(now())) {
    }
  }

  // What was recorded; copies.
  std::vector<RanCommand> commands() const { return copy(state_.commands); }
  std::vector<LogLine> log() const { return copy(state_.log); }
  std::vector<json> audit() const { return copy(state_.audit); }
  std::vector<std::string> secrets() const { return copy(state_.secrets); }
  std::vector<std::pair<std::string, json>> tool_calls() const { return copy(state_.tool_calls); }
  std::map<std::string, std::string> kv() const { return copy(state_.kv); }
  std::optional<FakeFile> remote_file(const std::string &path,
                                      const std::string &host = "default") const {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    const auto found = state_.remote_files.find(host + ":" + path);
    return found == state_.remote_files.end() ? std::nullopt
                                              : std::optional<FakeFile>(found->second);
  }
  std::optional<FakeFile> guest_file(std::uint32_t ctid, const std::string &path) const {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    const auto guest = state_.guests.find(ctid);
    if (guest == state_.guests.end()) {
      return std::nullopt;
    }
    const auto found = guest->second.files.find(path);
    return found == guest->second.files.end() ? std::nullopt
                                              : std::optional<FakeFile>(found->second);
  }
  std::optional<FakeFile> local_file(const std::string &path) const {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    const auto found = state_.local_files.find(path);
    return found == state_.local_files.end() ? std::nullopt
                                             : std::optional<FakeFile>(found->second);
  }
  // What the plugin did against the rules, one sentence each; empty is what a test wants.
  std::vector<std::string> misbehaviour() const { return copy(state_.blames); }

  // The clients that transports of the plugin brought, those that have left among them.
  std::vector<FakePeer *> peers() const {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    std::vector<FakePeer *> all;
    for (const auto &peer : state_.peers) {
      all.push_back(peer.get());
    }
    return all;
  }
  // What each message of a client is answered with; empty: nothing.
  void answer_peers(std::function<std::string(const std::string &message)> answer) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.peer_answer = std::move(answer);
  }
  // Whether mre.task/1 makes tasks; which lists mre.mcp/1 told to have changed.
  void clients_take_tasks(bool do_they) {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.clients_take_tasks = do_they;
  }
  std::uint32_t changed_lists() const { return copy(state_.changed_lists); }

  // For FakePlugin.
  void begin() {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.is_serving = true;
  }
  void drop_waiting() {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.waiting.clear();
  }
  void end() {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.is_serving = false;
  }
  const mre_registry *open_registry() {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.declared = Declarations();
    state_.refusal.reset();
    state_.is_declaring = true;
    state_.control_thread = std::this_thread::get_id();
    state_.registry = detail::make_registry(state_);
    return &state_.registry;
  }
  // The first thing that was wrong, also when the plugin ignored that it was told.
  std::optional<Error> close_registry() {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    state_.is_declaring = false;
    return state_.refusal;
  }
  FakeState &state() { return state_; }
  void blame(const std::string &what) { detail::blame(state_, what); }

private:
  template <class T>
  T copy(const T &value) const {
    const std::lock_guard<std::mutex> lock(state_.mutex);
    return value;
  }
  std::uint64_t now() const { return copy(state_.now_ms); }
  bool run_next(std::uint64_t end) {
    Waiting next;
    FakeCall *job = nullptr;
    {
      const std::lock_guard<std::mutex> lock(state_.mutex);
      auto first = state_.waiting.end();
      for (auto it = state_.waiting.begin(); it != state_.waiting.end(); ++it) {
        if (it->second.due_ms <= end &&
            (first == state_.waiting.end() || it->second.due_ms < first->second.due_ms)) {
          first = it;
        }
      }
      if (first == state_.waiting.end()) {
        return false;
      }
      next = first->second;
      state_.waiting.erase(first);
      state_.now_ms = std::max(state_.now_ms, next.due_ms);
      if (next.job != nullptr) {
        state_.calls.push_back(std::make_unique<FakeCall>("a job", std::map<std::string, json>(),
                                                          false, [](const std::string &) {}));
        job = state_.calls.back().get();
      }
    }
    if (job != nullptr) {
      next.job(next.data, job->raw());
      job->settle(MRE_OK, error_value());
    } else {
      next.timer(next.data);
    }
    return true;
  }
  static const void *service(const mre_host *host, const char *id) {
    FakeState &state = detail::state_of(host);
    {
      const std::lock_guard<std::mutex> lock(state.mutex);
      if (!state.is_serving) {
        state.blames.push_back(std::string("asked for ") + id + " after its end");
        return nullptr;
      }
      if (state.absent.count(id) != 0) {
        return nullptr;
      }
      const auto offered = state.offered.find(id);
      if (offered != state.offered.end()) {
        return offered->second;
      }
      if (std::string_view(id) == MRE_GUEST_FILES && state.guest_files.size != 0) {
        return &state.guest_files;
      }
    }
    return detail::find_table(id);
  }

  FakeState state_;
  detail::RawHost raw_{};
};

// One instance of a plugin on a fake host: created and declared by the constructor, ended by the
// destructor. A failure of either is an Error.
class FakePlugin {
public:
  FakePlugin(FakeHost &host, const mre_plugin *plugin) : host_(host), plugin_(plugin) {
    host_.begin();
    const std::string config = dump(host_.state().config);
    auto err = error_value();
    mre_status status = plugin_->create(host_.raw(), borrow(config), &self_, &err);
    if (status == MRE_OK) {
      is_created_ = true;
      status = declare(err);
    }
    if (status != MRE_OK) {
      end();
      throw Error(status, err.message, err.hint);
    }
  }
  ~FakePlugin() { end(); }
  FakePlugin(const FakePlugin &) = delete;
  FakePlugin &operator=(const FakePlugin &) = delete;

  const Declarations &declared() const { return host_.state().declared; }

  // Calls a tool to its end; answers: to the questions it asks, by key. A deferred call runs the
  // waiting jobs and is then waited for.
  Result call(const std::string &tool, const json &arguments = json::object(),
              std::map<std::string, json> answers = {}) {
    FakeCall &call = start(tool, arguments, std::move(answers));
    if (!call.has_ended()) {
      host_.run_jobs();
    }
    return call.wait();
  }
  // The same without waiting, for tools that answer later.
  FakeCall &start(const std::string &tool, const json &arguments = json::object(),
                  std::map<std::string, json> answers = {}) {
    const std::string text = dump(arguments);
    return start_raw(tool, text, std::move(answers));
  }
  FakeCall &start_raw(const std::string &tool, std::string_view arguments,
                      std::map<std::string, json> answers = {}, bool cancelled = false) {
    for (const auto &declared : this->declared().tools) {
      if (declared.name == tool) {
        FakeCall &call = begin(tool, std::move(answers));
        if (cancelled) {
          call.cancel();
        }
        auto err = error_value();
        call.settle(declared.raw.invoke(declared.raw.data, call.raw(), borrow(arguments), &err),
                    err);
        return call;
      }
    }
    throw Error(MRE_NOT_FOUND, "the plugin declares no tool " + tool);
  }
  Result command(const std::string &name, const std::vector<std::string> &words = {}) {
    for (const auto &declared : this->declared().commands) {
      if (declared.name == name) {
        std::vector<mre_str> borrowed;
        for (const auto &word : words) {
          borrowed.push_back(borrow(word));
        }
        FakeCall &call = begin(name, {});
        auto err = error_value();
        mre_status status =
            declared.raw.run(declared.raw.data, call.raw(), borrowed.data(), borrowed.size(), &err);
        if (status == MRE_OK) {
          FakeCall::api().text(call.raw(), borrow("")); // silence is fine here
        }
        call.settle(status, err);
        return call.wait();
      }
    }
    throw Error(MRE_NOT_FOUND, "the plugin declares no command " + name);
  }
  // An accepted answer for call(): {{"sure", accept({{"confirm", true}})}}.
  static json accept(json content) {
    return {{"action", "accept"}, {"content", std::move(content)}};
  }
  static json decline() { return {{"action", "decline"}}; }

  void reconfigure(const json &config) {
    auto err = error_value();
    if (plugin_->reconfigure == nullptr) {
      throw Error(MRE_UNSUPPORTED, "the plugin has no reconfigure()");
    }
    const std::string text = dump(config);
    check(plugin_->reconfigure(self_, borrow(text), &err), err);
    check(declare(err), err);
  }
  void stop() {
    if (plugin_->stop != nullptr) {
      plugin_->stop(self_);
    }
  }
  // What the server does with declared transports: start() throws what start() said.
  void start_transports() {
    for (const auto &transport : declared().transports) {
      auto err = error_value();
      check(transport.raw.start(transport.raw.ctx, &err), err);
    }
  }
  void stop_transports() {
    for (const auto &transport : declared().transports) {
      transport.raw.stop(transport.raw.ctx);
    }
  }

private:
  mre_status declare(mre_error &err) {
    const mre_registry *registry = host_.open_registry();
    const mre_status status = plugin_->declare(self_, registry, &err);
    const auto refused = host_.close_registry();
    return status == MRE_OK && refused ? store(&err, refused->status(), refused->what()) : status;
  }
  FakeCall &begin(const std::string &name, std::map<std::string, json> answers) {
    FakeState &state = host_.state();
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.calls.push_back(std::make_unique<FakeCall>(
        name, std::move(answers), true,
        [&state](const std::string &what) { detail::blame(state, what); }));
    if (state.clients_take_tasks) {
      state.calls.back()->make_task();
    }
    return *state.calls.back();
  }
  void end() {
    if (is_created_) {
      stop();
      host_.drop_waiting();
      plugin_->destroy(self_);
    }
    is_created_ = false;
    host_.end();
  }

  FakeHost &host_;
  const mre_plugin *plugin_;
  void *self_ = nullptr;
  bool is_created_ = false;
};

} // namespace testing
} // namespace mre
#pragma GCC visibility pop
