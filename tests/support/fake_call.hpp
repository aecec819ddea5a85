// FakeCall: a call whose client is the test. Records everything a tool says and lets the test
// cancel and answer.
//
// Threads: any. Lifetime: make it with std::make_shared; wait() blocks until the call has ended.
#pragma once

#include "core/base/guarded.hpp"
#include "core/tools/call_context.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mre::test {

class FakeCall final : public tools::CallContext {
public:
  struct Progress {
    double done = 0;
    std::optional<double> total;
    std::string message;
  };
  // What has been said so far.
  struct Record {
    std::optional<tools::ToolResult> result;
    std::optional<tools::ProtocolError> protocol_error;
    std::vector<tools::InputRequest> questions;
    int endings =
        0; // finish, fail_protocol and suspend together; more than one is a defect of the tool
    std::vector<Progress> progress;
    std::vector<std::pair<tools::LogSeverity, Json>> logs;
    std::string host, outcome;
    std::optional<int> exit_code;
    std::uint64_t bytes = 0;
  };

  explicit FakeCall(std::string tool = "test_tool", std::string owner = "core")
      : tool_(std::move(tool)), owner_(std::move(owner)) {}

  // Set before the call is given to a tool.
  bool progress_wanted = false;
  std::map<std::string, Json, std::less<>> answers;
  std::set<std::string, std::less<>> methods; // what the client can be asked

  void cancel() { stop_.request_stop(); }
  Record record() const {
    return record_.with([](const Record &record) { return record; });
  }
  // The record once the call has ended, or after ten seconds without an end.
  Record wait() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return record_.wait_until(
        end, [](const Record &record) { return record.endings > 0; },
        [](const Record &record, bool /*ended*/) { return record; });
  }

  const std::string &call_id() const override { return id_; }
  const std::string &principal() const override { return principal_; }
  const std::string &tool() const override { return tool_; }
  const std::string &owner() const override { return owner_; }
  std::stop_token stop_token() const override { return stop_.get_token(); }
  bool wants_progress() const override { return progress_wanted; }
  void report_progress(double done, std::optional<double> total,
                       std::string_view message) override {
    record_.with([&](Record &record) {
      record.progress.push_back({done, total, std::string(message)});
    });
  }
  void report_log(tools::LogSeverity severity, std::string_view /*logger*/,
                  const Json &data) override {
    record_.with([&](Record &record) { record.logs.emplace_back(severity, data); });
  }
  const Json *answer(std::string_view key) const override {
    const auto found = answers.find(key);
    return found == answers.end() ? nullptr : &found->second;
  }
  bool can_ask(std::string_view method) const override { return methods.contains(method); }
  void finish(tools::ToolResult result) override {
    end([&](Record &record) { record.result = std::move(result); });
  }
  void fail_protocol(tools::ProtocolError error) override {
    end([&](Record &record) { record.protocol_error = std::move(error); });
  }
  void suspend(std::vector<tools::InputRequest> requests) override {
    end([&](Record &record) { record.questions = std::move(requests); });
  }
  void note_host(std::string_view host) override {
    record_.with([&](Record &record) { record.host = host; });
  }
  void note_bytes(std::uint64_t bytes) override {
    record_.with([&](Record &record) { record.bytes += bytes; });
  }
  void note_exit(std::string_view outcome, std::optional<int> exit_code,
                 std::uint64_t bytes) override {
    record_.with([&](Record &record) {
      record.outcome = outcome;
      record.exit_code = exit_code;
      record.bytes = bytes;
    });
  }

private:
  template <class F>
  void end(F &&body) {
    record_.with([&](Record &record) {
      ++record.endings;
      body(record);
    });
    record_.notify_all();
  }

  std::string id_ = "call-1", principal_ = "test", tool_, owner_;
  std::stop_source stop_;
  Guarded<Record> record_;
};

// The text of all text blocks of a result, one after the other.
inline std::string text_of(const tools::ToolResult &result) {
  std::string text;
  for (const Json &block : result.content) {
    if (const std::string *part = find_string(block, "text")) {
      text += *part;
    }
  }
  return text;
}

} // namespace mre::test
