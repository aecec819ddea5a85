// A call's context with another stop token: cancelled by the client or by the end of the plugin,
// whichever comes first.
//
// Threads and lifetime: as the context it forwards to.
#pragma once

#include "core/tools/call_context.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mre::plugin_host {

class LinkedContext final : public tools::CallContext {
public:
  LinkedContext(std::shared_ptr<tools::CallContext> inner, std::stop_token stop)
      : inner_(std::move(inner)), stop_(std::move(stop)) {}

  const std::string &call_id() const override { return inner_->call_id(); }
  const std::string &principal() const override { return inner_->principal(); }
  const std::string &tool() const override { return inner_->tool(); }
  const std::string &owner() const override { return inner_->owner(); }
  bool is_from_network() const override { return inner_->is_from_network(); }
  std::vector<std::string> chain() const override { return inner_->chain(); }
  std::stop_token stop_token() const override { return stop_; }
  bool wants_progress() const override { return inner_->wants_progress(); }
  void report_progress(double done, std::optional<double> total,
                       std::string_view message) override {
    inner_->report_progress(done, total, message);
  }
  void report_log(tools::LogSeverity severity, std::string_view logger, const Json &data) override {
    inner_->report_log(severity, logger, data);
  }
  const Json *answer(std::string_view key) const override { return inner_->answer(key); }
  bool may_have_answers() const override { return inner_->may_have_answers(); }
  bool can_ask(std::string_view method) const override { return inner_->can_ask(method); }
  void close_stream() override { inner_->close_stream(); }
  bool begin_task() override { return inner_->begin_task(); }
  void finish(tools::ToolResult result) override { inner_->finish(std::move(result)); }
  void fail_protocol(tools::ProtocolError error) override {
    inner_->fail_protocol(std::move(error));
  }
  void suspend(std::vector<tools::InputRequest> requests) override {
    inner_->suspend(std::move(requests));
  }
  void note_host(std::string_view host) override { inner_->note_host(host); }
  void note_bytes(std::uint64_t bytes) override { inner_->note_bytes(bytes); }
  void note_exit(std::string_view outcome, std::optional<int> exit_code,
                 std::uint64_t bytes) override {
    inner_->note_exit(outcome, exit_code, bytes);
  }

private:
  const std::shared_ptr<tools::CallContext> inner_;
  const std::stop_token stop_;
};

} // namespace mre::plugin_host
