// What the official conformance suite expects to find on a server, as a plugin.
//
// Promise: names, arguments and compared texts are those the suite fixes; everything here uses the
// installed headers only. Threads: tools run on host workers, several at once.
#pragma once

#include <mre/ext/draft/mcp.h>
#include <mre/ext/draft/task.h>
#include <mre/plugin.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace conformance {

inline constexpr const char *kPng = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8"
                                    "DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
inline constexpr const char *kWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

// The draft services, and what every tool here needs of them.
class Protocol {
public:
  explicit Protocol(mre::Host host)
      : host_(host), mcp_(host.service<mre_mcp_api>(MRE_MCP)),
        task_(host.service<mre_task_api>(MRE_TASK_SERVICE)) {}

  bool can_request(const mre::Call &call, std::string_view method) const {
    return mcp_->can_request(call.raw(), mre::borrow(method)) != 0;
  }
  // The client's result. Nothing: it has been noted, and more may be asked before unwind().
  std::optional<mre::json> request(const mre::Call &call, std::string_view key,
                                   std::string_view method, const mre::Schema &params) const {
    std::string text;
    mre::Sink sink(text);
    auto err = mre::error_value();
    const mre_status status = mcp_->request(call.raw(), mre::borrow(key), mre::borrow(method),
                                            mre::borrow(mre::dump(params)), sink.abi(), &err);
    if (status == MRE_NEEDS_INPUT) {
      return std::nullopt;
    }
    mre::check(status, err);
    return mre::json::parse(text);
  }
  [[noreturn]] static void unwind() { throw mre::NeedsInput{}; }
  // The same for one request alone.
  mre::json request_one(const mre::Call &call, std::string_view key, std::string_view method,
                        const mre::Schema &params) const {
    auto answer = request(call, key, method, params);
    if (!answer) {
      unwind();
    }
    return *answer;
  }

  [[noreturn]] void fail(const mre::Call &call, int code, std::string_view message,
                         const mre::json &data = {}) const {
    const std::string text = data.is_null() ? std::string() : mre::dump(data);
    throw mre::Error(mcp_->fail_protocol(call.raw(), code, mre::borrow(message), mre::borrow(text)),
                     std::string(message));
  }
  void log(const mre::Call &call, std::string_view message) const {
    mcp_->log(call.raw(), MRE_MCP_INFO, mre::borrow("conformance"),
              mre::borrow(mre::dump(mre::json(message))));
  }
  void close_stream(const mre::Call &call) const { mcp_->close_stream(call.raw()); }
  void list_changed(std::uint32_t lists) const { mcp_->list_changed(host_.raw(), lists); }
  bool begin_task(const mre::Call &call) const { return task_->begin(call.raw()) != 0; }

private:
  mre::Host host_;
  const mre_mcp_api *mcp_;
  const mre_task_api *task_;
};

// Waits in small steps, so that a cancelled call ends: throws Error(MRE_CANCELLED).
void wait(const mre::Call &call, double seconds);

// A tool without arguments, and one with a schema.
mre::Tool tool(const char *name, const char *description,
               std::function<mre::Reply(const mre::json &, const mre::Call &)> run);
mre::Tool tool(const char *name, const char *description, mre::Schema input,
               std::function<mre::Reply(const mre::json &, const mre::Call &)> run);

mre::json image();
mre::json text_resource(const char *uri, const char *mime_type, const char *text);
// The params of a form with these properties, all of them required.
mre::Schema form(std::string_view message, const mre::Schema &properties);
mre::Schema sampling(std::string_view prompt);

void declare_content_tools(mre::Registry &registry, const Protocol &protocol);
void declare_client_tools(mre::Registry &registry, const Protocol &protocol);
void declare_input_tools(mre::Registry &registry, const Protocol &protocol);
void declare_task_tools(mre::Registry &registry, const Protocol &protocol);
void declare_resources(mre::Registry &registry);
void declare_prompts(mre::Registry &registry, const Protocol &protocol);

} // namespace conformance
