// mre/cpp/call.hpp - one call as a tool sees it, and what a tool gives back.
//
// Promise: a Call is a cheap view and is never stored; whoever answers later keeps a Deferred,
// which answers exactly once, with an error at the latest when it is destroyed. Threads: from any,
// until the tool returned or the deferred call was finished.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/ext/call.h>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

// The result of a tool as a value.
struct Reply {
  std::optional<std::string> text;
  std::optional<json> structured; // without a text, the host shows it as the text as well
  std::vector<json> content;      // further MCP content blocks
  bool is_deferred = false;

  static Reply of_text(std::string text) {
    Reply reply;
    reply.text = std::move(text);
    return reply;
  }
  static Reply of_json(json structured) {
    Reply reply;
    reply.structured = std::move(structured);
    return reply;
  }
  static Reply of(std::string text, json structured) {
    Reply reply = of_text(std::move(text));
    reply.structured = std::move(structured);
    return reply;
  }
  // The call has its result already (Ssh::run_into, Call::text).
  static Reply given() { return {}; }
  // A Deferred will answer.
  static Reply later() {
    Reply reply;
    reply.is_deferred = true;
    return reply;
  }
};

// What a person answered.
struct Answer {
  std::string action; // "accept", "decline" or "cancel"
  json content;       // fits the schema that was asked for; an object when accepted
  bool accepted() const { return action == "accept"; }
};

namespace detail {

// Who answers a call that a tool may keep: the tool when it returns, or the Deferred it made.
// Exactly one of them does, also when the tool fails after it made one.
class Deferral {
public:
  explicit Deferral(bool is_inside) noexcept : is_inside_(is_inside) {}
  // The Deferred answers now. False: it is too late.
  bool take() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool is_free = !is_taken_ && !is_revoked_;
    is_taken_ = is_taken_ || is_free;
    return is_free;
  }
  // The Deferred is gone without an answer. False: nobody waits for one.
  bool let_go() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_dropped_ = true;
    return !is_inside_ && !is_taken_ && !is_revoked_;
  }
  // The tool returned and leaves the answer to its Deferred. False: there is none any more.
  bool leave() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_inside_ = false;
    is_revoked_ = is_dropped_ && !is_taken_;
    return !is_revoked_;
  }
  // The tool answers itself. False: the Deferred did.
  bool revoke() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_inside_ = false;
    is_revoked_ = !is_taken_;
    return is_revoked_;
  }

private:
  std::mutex mutex_;
  bool is_inside_, is_taken_ = false, is_dropped_ = false, is_revoked_ = false;
};

} // namespace detail

class Deferred;

class Call {
public:
  // deferral: where defer() puts what it makes, for whoever runs the tool.
  Call(const mre_call_api *api, mre_call *raw,
       std::shared_ptr<detail::Deferral> *deferral = nullptr) noexcept
      : api_(api), raw_(raw), deferral_(deferral) {}
  mre_call *raw() const noexcept { return raw_; }

  // True once the client gave up: end soon. Host services that got this call end by themselves.
  bool cancelled() const noexcept { return api_->cancelled(raw_) != 0; }
  // total 0: not known.
  void progress(double done, double total, std::string_view note = {}) const noexcept {
    api_->progress(raw_, done, total, borrow(note));
  }

  void text(std::string_view text) const { expect(api_->text(raw_, borrow(text)), "the text"); }
  void content(const json &block) const {
    expect(api_->content(raw_, borrow(dump(block))), "a content block");
  }
  void structured(const json &value) const {
    expect(api_->structured(raw_, borrow(dump(value))), "the structured result");
  }
  void give(const Reply &reply) const {
    if (reply.text) {
      text(*reply.text);
    }
    for (const auto &block : reply.content) {
      content(block);
    }
    if (reply.structured) {
      structured(*reply.structured);
    }
  }

  // Asks the person at the client. The first time this unwinds (NeedsInput) and the tool is run
  // again from the top; then it returns the answer. So: ask before the first effect. key is
  // unique within the call. Throws Error(MRE_DENIED) when the client cannot ask.
  Answer ask(std::string_view key, std::string_view message, const Schema &requested_schema) const {
    Schema request;
    request["message"] = message;
    request["requestedSchema"] = requested_schema;
    std::string text;
    Sink sink(text);
    auto err = error_value();
    check(api_->ask(raw_, borrow(key), borrow(dump(request)), sink.abi(), &err), err);
    const json answer = json::parse(text);
    return {answer.value("action", "cancel"), answer.value("content", json::object())};
  }
  // A yes-or-no question; only an accepted yes is true.
  bool confirm(std::string_view key, std::string_view question) const {
    const Answer answer =
        ask(key, question,
            {{"type", "object"},
             {"properties", {{"confirm", {{"type", "boolean"}, {"title", "Yes, do it"}}}}},
             {"required", {"confirm"}}});
    return answer.accepted() && answer.content.value("confirm", false);
  }

  // Keeps the call beyond the tool's return, which then is Reply::later().
  Deferred defer() const;

  // Takes texts of any length, other than mre_error.
  mre_status fail(const Error &error) const noexcept {
    return api_->fail(raw_, error.status(), borrow(error.what()), borrow(error.hint()));
  }

private:
  friend class Deferred;
  static void expect(mre_status status, const char *what) {
    if (status != MRE_OK) {
      throw Error(status, std::string("the host did not take ") + what);
    }
  }
  const mre_call_api *api_;
  mre_call *raw_;
  std::shared_ptr<detail::Deferral> *deferral_;
};

// A call that is answered later, from any thread. When the tool that made it returns something else
// than Reply::later(), or throws, that is the answer.
class Deferred {
public:
  explicit Deferred(const Call &call)
      : call_(call.api_, call.raw_),
        deferral_(std::make_shared<detail::Deferral>(call.deferral_ != nullptr)) {
    if (call.deferral_ != nullptr) {
      *call.deferral_ = deferral_;
    }
  }
  Deferred(Deferred &&other) noexcept
      : call_(other.call_), deferral_(std::exchange(other.deferral_, nullptr)) {}
  Deferred &operator=(Deferred &&) = delete;
  ~Deferred() {
    if (deferral_ && deferral_->let_go()) {
      end_with(Error(MRE_INTERNAL, "the plugin let go of the call without an answer"));
    }
  }

  const Call &call() const noexcept { return call_; }
  void finish(const Reply &reply) noexcept {
    if (!deferral_ || !deferral_->take()) {
      return;
    }
    auto err = error_value();
    const mre_status status = guarded(&err, [&] { call_.give(reply); });
    call_.api_->finish(call_.raw_, status, status == MRE_OK ? nullptr : &err);
  }
  void fail(const Error &error) noexcept {
    if (deferral_ && deferral_->take()) {
      end_with(error);
    }
  }

private:
  void end_with(const Error &error) noexcept {
    auto err = error_value();
    store(&err, error.status(), error.what(), error.hint());
    call_.fail(error);
    call_.api_->finish(call_.raw_, error.status(), &err);
  }
  Call call_;
  std::shared_ptr<detail::Deferral> deferral_;
};

inline Deferred Call::defer() const {
  return Deferred(*this);
}

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
