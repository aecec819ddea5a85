// mre/testing/fake_call.hpp - one call of a fake host: what the plugin said, and whether it kept
// the rules of mre/ext/call.h.
//
// Threads: any. Lifetime: a FakeHost keeps every record, so that a plugin which uses a call after
// its end is told of and does no harm.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/ext/call.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {

struct Question {
  std::string key;
  json request;            // {"message", "requestedSchema"}, or the params of another method
  std::string method = {}; // of mre.mcp/1; empty: ask()
};
struct Progress {
  double done = 0, total = 0;
  std::string message;
};

// What a client would have seen.
struct Result {
  mre_status status = MRE_OK; // MRE_NEEDS_INPUT: questions holds what has to be answered
  std::string message, hint;  // of a failure
  json content = json::array();
  json structured; // null: none was given
  std::vector<Question> questions;
  std::vector<Progress> progress;
  // By mre.mcp/1: {"code","message","data"}, null: none; and {"severity","logger","data"} each.
  json protocol_error;
  std::vector<json> logs;

  bool ok() const { return status == MRE_OK; }
  std::string text() const {
    std::string all;
    for (const auto &block : content) {
      all += block.value("text", "");
    }
    return all;
  }
};

class FakeCall {
public:
  using Blame = std::function<void(const std::string &what)>;
  FakeCall(std::string name, std::map<std::string, json> answers, bool can_ask, Blame blame)
      : name_(std::move(name)), answers_(std::move(answers)), can_ask_(can_ask),
        blame_(std::move(blame)) {}

  mre_call *raw() { return reinterpret_cast<mre_call *>(this); }
  static FakeCall &from(mre_call *call) { return *reinterpret_cast<FakeCall *>(call); }

  void cancel() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_cancelled_ = true;
  }
  bool is_cancelled() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return is_cancelled_;
  }
  bool has_ended() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return has_ended_;
  }
  // The result once the call has ended; after the time, MRE_DEFERRED with what there is so far.
  Result wait(std::chrono::milliseconds time = std::chrono::seconds(5)) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, time, [&] { return has_ended_; });
    Result result = result_;
    result.status = has_ended_ ? result.status : MRE_DEFERRED;
    return result;
  }

  // For the host: what invoke() returned.
  void settle(mre_status status, const mre_error &err) {
    if (status == MRE_DEFERRED) {
      return;
    }
    end(status, err, "answered");
  }
  // For mre.mcp/1 and mre.task/1.
  bool can_ask() const { return can_ask_; }
  mre_status request(Question question, mre_sink answer, mre_error *err) {
    std::string answer_text;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!is_open("request")) {
        return store(err, MRE_INTERNAL, "the call has ended");
      }
      const auto found = answers_.find(question.key);
      if (found == answers_.end()) {
        return this->question(std::move(question), err);
      }
      answer_text = dump(found->second);
    }
    answer.write(answer.ctx, borrow(answer_text));
    return MRE_OK;
  }
  void fail_protocol(json error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_open("fail_protocol")) {
      result_.message = error.value("message", "");
      result_.protocol_error = std::move(error);
    }
  }
  void note_log(json line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_open("log")) {
      result_.logs.push_back(std::move(line));
    }
  }
  void make_task() { is_task_ = true; }
  bool is_task() const { return is_task_; }
  void note_effect() {
    const std::lock_guard<std::mutex> lock(mutex_);
    has_effect_ = true;
  }
  static const mre_call_api &api() {
    static const mre_call_api table = {sizeof table, 0,         text, content, structured,
                                       progress,     cancelled, ask,  fail,    finish};
    return table;
  }

private:
  void end(mre_status status, const mre_error &err, const char *how) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (has_ended_) {
      blame_("'" + name_ + "' was " + how + " although it had ended");
      return;
    }
    has_ended_ = true;
    result_.status = status;
    if (status == MRE_OK && result_.content.empty() && result_.structured.is_null()) {
      blame_("'" + name_ + "' ended well without giving a result");
    }
    if (status == MRE_NEEDS_INPUT && result_.questions.empty()) {
      blame_("'" + name_ + "' wants input and asked nothing");
    }
    if (status < 0 && status != MRE_NEEDS_INPUT) {
      blame_("'" + name_ + "' ended with the status " + std::to_string(status) +
             ", which is no end");
    }
    if (status > 0 && result_.message.empty()) {
      result_.message = err.message;
      result_.hint = err.hint;
    }
    if (status > 0 && result_.message.empty()) {
      blame_("'" + name_ + "' failed without a message");
    }
    changed_.notify_all();
  }
  bool is_open(const char *function) {
    if (has_ended_) {
      blame_("'" + name_ + "' was used after its end, in " + function);
    }
    return !has_ended_;
  }

  static mre_status text(mre_call *raw, mre_str utf8) {
    FakeCall &self = from(raw);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    if (!self.is_open("text")) {
      return MRE_INTERNAL;
    }
    const json repaired = json::parse(dump(json(std::string(view(utf8)))));
    self.result_.content.push_back({{"type", "text"}, {"text", repaired}});
    return MRE_OK;
  }
  static mre_status content(mre_call *raw, mre_str text) {
    FakeCall &self = from(raw);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    const json block = json::parse(view(text), nullptr, false);
    if (!self.is_open("content")) {
      return MRE_INTERNAL;
    }
    if (!block.is_object() || !block.contains("type")) {
      self.blame_("'" + self.name_ + "' gave a content block that is no JSON object with a type");
      return MRE_BAD_ARGUMENT;
    }
    self.result_.content.push_back(block);
    return MRE_OK;
  }
  static mre_status structured(mre_call *raw, mre_str text) {
    FakeCall &self = from(raw);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    const json value = json::parse(view(text), nullptr, false);
    if (!self.is_open("structured")) {
      return MRE_INTERNAL;
    }
    if (value.is_discarded() || !self.result_.structured.is_null()) {
      self.blame_("'" + self.name_ + "' gave a structured result that is no JSON, or a second one");
      return MRE_BAD_ARGUMENT;
    }
    self.result_.structured = value;
    return MRE_OK;
  }
  static void progress(mre_call *raw, double done, double total, mre_str message) {
    FakeCall &self = from(raw);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    if (self.is_open("progress")) {
      self.result_.progress.push_back({done, total, std::string(view(message))});
    }
  }
  static int32_t cancelled(mre_call *raw) {
    FakeCall &self = from(raw);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    return self.is_cancelled_ || self.has_ended_ ? 1 : 0;
  }
  static mre_status ask(mre_call *raw, mre_str key, mre_str request, mre_sink answer,
                        mre_error *err) {
    FakeCall &self = from(raw);
    std::string answer_text;
    {
      const std::lock_guard<std::mutex> lock(self.mutex_);
      if (!self.is_open("ask")) {
        return store(err, MRE_INTERNAL, "the call has ended");
      }
      const json parsed = json::parse(view(request), nullptr, false);
      if (key.size == 0 || !parsed.is_object() || !parsed.contains("message")) {
        self.blame_("'" + self.name_ + "' asked without a key or a message");
        return store(err, MRE_BAD_ARGUMENT, "a question needs a key and a message");
      }
      const auto found = self.answers_.find(std::string(view(key)));
      if (found == self.answers_.end()) {
        return self.question({std::string(view(key)), parsed, {}}, err);
      }
      answer_text = dump(found->second);
    }
    answer.write(answer.ctx, borrow(answer_text));
    return MRE_OK;
  }
  mre_status question(Question question, mre_error *err) {
    if (!can_ask_) {
      return store(err, MRE_DENIED, "the person has to be asked, and this client cannot ask");
    }
    if (has_effect_) {
      blame_("'" + name_ + "' asked '" + question.key + "' after its first effect");
      return store(err, MRE_DENIED, "a question after the first effect cannot be asked");
    }
    result_.questions.push_back(std::move(question));
    return MRE_NEEDS_INPUT;
  }
  static mre_status fail(mre_call *raw, mre_status status, mre_str message, mre_str hint) {
    FakeCall &self = from(raw);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    if (self.is_open("fail")) {
      self.result_.message = std::string(view(message));
      self.result_.hint = std::string(view(hint));
    }
    return status;
  }
  static void finish(mre_call *raw, mre_status status, const mre_error *err) {
    from(raw).end(status, err != nullptr ? *err : error_value(), "finished");
  }

  const std::string name_;
  const std::map<std::string, json> answers_;
  const bool can_ask_;
  const Blame blame_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Result result_;
  bool is_cancelled_ = false, has_ended_ = false, has_effect_ = false, is_task_ = false;
};

} // namespace testing
} // namespace mre
#pragma GCC visibility pop
