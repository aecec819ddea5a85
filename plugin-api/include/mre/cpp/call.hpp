// mre/cpp/call.hpp - one call as a tool sees it, and what a tool gives back.
//
// Promise: a Call is a cheap view and is never stored; whoever answers later keeps a Deferred,
// which answers exactly once, with an error at the latest when it is destroyed. Threads: from any,
// until the tool returned or the deferred call was finished.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/ext/call.h>

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

class Deferred;

class Call {
public:
  Call(const mre_call_api *api, mre_call *raw) noexcept : api_(api), raw_(raw) {}
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
};

// A call that is answered later, from any thread.
class Deferred {
public:
  explicit Deferred(const Call &call) noexcept : call_(call) {}
  Deferred(Deferred &&other) noexcept
      : call_(other.call_), is_open_(std::exchange(other.is_open_, false)) {}
  Deferred &operator=(Deferred &&) = delete;
  ~Deferred() { fail(Error(MRE_INTERNAL, "the plugin let go of the call without an answer")); }

  const Call &call() const noexcept { return call_; }
  void finish(const Reply &reply) noexcept {
    if (!std::exchange(is_open_, false)) {
      return;
    }
    auto err = error_value();
    const mre_status status = guarded(&err, [&] { call_.give(reply); });
    call_.api_->finish(call_.raw_, status, status == MRE_OK ? nullptr : &err);
  }
  void fail(const Error &error) noexcept {
    if (!std::exchange(is_open_, false)) {
      return;
    }
    auto err = error_value();
    store(&err, error.status(), error.what(), error.hint());
    call_.fail(error);
    call_.api_->finish(call_.raw_, error.status(), &err);
  }

private:
  Call call_;
  bool is_open_ = true;
};

inline Deferred Call::defer() const {
  return Deferred(*this);
}

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
