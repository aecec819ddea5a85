// mre/cpp/registry.hpp - what a plugin declares, as values: tools, suppressions, resources,
// prompts, services for others.
//
// Promise: the registry owns the functions that the host calls back and keeps them until the plugin
// is destroyed, also those of earlier declarations: calls that began before a reconfigure still run
// them. Threads: declare functions only inside declare(); the callables run on host workers,
// several at once when About::max_calls allows it.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/cpp/peer.hpp>
#include <mre/cpp/typed.hpp>
#include <mre/ext/cli.h>
#include <mre/ext/content.h>

#include <cstdint>
#include <memory>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

struct Tool {
  std::string name, title, description;
  Schema input = {{"type", "object"}, {"additionalProperties", false}};
  Schema output;              // null: none
  std::uint32_t promises = 0; // MRE_READ_ONLY | …: zero is the most dangerous tool there is
  std::function<Reply(const json &arguments, const Call &call)> run;
  std::string replaces; // "owner:name", or empty
};

// For a tool without arguments.
struct NoArguments {
  static std::tuple<> fields() { return {}; }
};

// A result with a text of its own; without, the text is the JSON of the value.
template <class T>
struct WithText {
  T value;
  std::string text;
};

namespace detail {

// The first parameter and the result of a callable.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class C, class R, class A, class... More>
struct Signature<R (C::*)(A, More...) const> {
  using Result = std::decay_t<R>;
  using Arguments = std::decay_t<A>;
  static constexpr bool kTakesCall = sizeof...(More) == 1;
};
template <class C, class R, class A, class... More>
struct Signature<R (C::*)(A, More...)> : Signature<R (C::*)(A, More...) const> {};

template <class T>
struct ResultOf {
  static Schema schema() { return result_schema_of<T>(); }
  static Reply reply(const T &value) { return Reply::of_json(to_json_value(value)); }
};
template <class T>
struct ResultOf<WithText<T>> {
  static Schema schema() { return result_schema_of<T>(); }
  static Reply reply(const WithText<T> &given) {
    return Reply::of(given.text, to_json_value(given.value));
  }
};
template <>
struct ResultOf<Reply> {
  static Schema schema() { return nullptr; }
  static Reply reply(Reply reply) { return reply; }
};
template <>
struct ResultOf<std::string> {
  static Schema schema() { return nullptr; }
  static Reply reply(std::string text) { return Reply::of_text(std::move(text)); }
};

} // namespace detail

// A tool whose schemas come from the types of its function:
//   run: Result (const Arguments &) or Result (const Arguments &, const mre::Call &)
// Arguments: a struct with fields(), or NoArguments. Result: such a struct, WithText of one,
// std::string or Reply.
template <class F>
Tool typed_tool(std::string name, std::string description, std::uint32_t promises, F run) {
  using Shape = detail::Signature<F>;
  using Result = detail::ResultOf<typename Shape::Result>;
  Tool tool;
  tool.name = std::move(name);
  tool.description = std::move(description);
  tool.promises = promises;
  tool.input = schema_of<typename Shape::Arguments>();
  tool.output = Result::schema();
  tool.run = [run = std::move(run)](const json &given, const Call &call) mutable {
    typename Shape::Arguments arguments{};
    from_json_value(given, arguments);
    if constexpr (Shape::kTakesCall) {
      return Result::reply(run(arguments, call));
    } else {
      static_cast<void>(call);
      return Result::reply(run(arguments));
    }
  };
  return tool;
}

struct Resource {
  std::string uri, name, title, description, mime_type; // uri: or an RFC 6570 template of level 1
  bool is_template = false;
  // The text, or bytes when is_binary; throws Error(MRE_NOT_FOUND) for a uri that names nothing.
  std::function<std::string(std::string_view uri, const Call &call)> read;
  bool is_binary = false;
};

struct Prompt {
  std::string name, title, description;
  json arguments = json::array(); // of {"name","description","required"}
  // Gives {"description","messages":[…]}.
  std::function<json(const json &arguments, const Call &call)> get;
};

struct Completion {
  std::string prompt, resource; // one of them: a prompt's name, or a template's uri
  std::function<std::vector<std::string>(std::string_view argument, std::string_view value,
                                         const json &context)>
      complete;
};

// `mcp-remote-exec PLUGIN name …`. The text of the reply is printed when it ends; Error with
// MRE_BAD_ARGUMENT says that the words were wrong.
struct Subcommand {
  std::string name, arguments, summary; // arguments: shown behind the name, "[--dry-run] [AGE]"
  std::function<Reply(const std::vector<std::string> &words, const Call &call)> run;
};

// When a suppression matches nothing: a typo must not leave a tool exposed, so required refuses
// the plugin.
enum class Need { required, optional };

class Registry {
public:
  explicit Registry(Host host) : host_(host), call_api_(host.service<mre_call_api>(MRE_CALL)) {}
  Registry(const Registry &) = delete;
  Registry &operator=(const Registry &) = delete;

  void tool(Tool tool) {
    auto &entry = keep<ToolEntry>(ToolEntry{call_api_, std::move(tool)});
    const std::string input = dump(entry.tool.input);
    const std::string output =
        entry.tool.output.is_null() ? std::string() : dump(entry.tool.output);
    mre_tool raw{};
    raw.size = sizeof raw;
    raw.promises = entry.tool.promises;
    raw.name = entry.tool.name.c_str();
    raw.title = entry.tool.title.c_str();
    raw.description = entry.tool.description.c_str();
    raw.input_schema = input.c_str();
    raw.output_schema = output.empty() ? nullptr : output.c_str();
    raw.replaces = entry.tool.replaces.empty() ? nullptr : entry.tool.replaces.c_str();
    raw.data = &entry;
    raw.invoke = &ToolEntry::invoke;
    expect([&](mre_error *err) { return raw_->tool(raw_->ctx, &raw, err); });
  }

  // The same from a typed function: see typed_tool().
  template <class F>
  void tool(std::string name, std::string description, std::uint32_t promises, F run) {
    tool(typed_tool(std::move(name), std::move(description), promises, std::move(run)));
  }

  // selector: "name", "owner:name" or "owner:*"; instead: the tool to use, or null.
  void suppress(const char *selector, const char *reason, const char *instead = nullptr,
                Need need = Need::required) {
    mre_suppression raw{};
    raw.size = sizeof raw;
    raw.required = need == Need::required ? 1 : 0;
    raw.selector = selector;
    raw.reason = reason;
    raw.instead = instead;
    expect([&](mre_error *err) { return raw_->suppress(raw_->ctx, &raw, err); });
  }

  // Offers a service to other plugins: table begins with mre_service and goes on with mre_method
  // members only.
  void provide(const char *id, const void *table) {
    expect([&](mre_error *err) { return raw_->provide(raw_->ctx, id, table, err); });
  }

  void resource(Resource resource) {
    const auto *api = host_.service<mre_resource_api>(MRE_RESOURCE);
    auto &entry = keep<ResourceEntry>(ResourceEntry{call_api_, api, std::move(resource)});
    const Resource &kept = entry.resource;
    mre_resource raw{};
    raw.size = sizeof raw;
    raw.is_template = kept.is_template ? 1 : 0;
    raw.uri = kept.uri.c_str();
    raw.name = kept.name.c_str();
    raw.title = or_null(kept.title);
    raw.description = or_null(kept.description);
    raw.mime_type = or_null(kept.mime_type);
    raw.data = &entry;
    raw.read = &ResourceEntry::read;
    expect([&](mre_error *err) { return api->add(raw_, &raw, err); });
  }

  void prompt(Prompt prompt) {
    const auto *api = host_.service<mre_prompt_api>(MRE_PROMPT);
    auto &entry = keep<PromptEntry>(PromptEntry{call_api_, api, std::move(prompt)});
    const std::string arguments = dump(entry.prompt.arguments);
    mre_prompt raw{};
    raw.size = sizeof raw;
    raw.name = entry.prompt.name.c_str();
    raw.title = or_null(entry.prompt.title);
    raw.description = or_null(entry.prompt.description);
    raw.arguments = arguments.c_str();
    raw.data = &entry;
    raw.get = &PromptEntry::get;
    expect([&](mre_error *err) { return api->add(raw_, &raw, err); });
  }

  void completion(Completion completion) {
    const auto *api = host_.service<mre_completion_api>(MRE_COMPLETION);
    auto &entry = keep<CompletionEntry>(CompletionEntry{std::move(completion)});
    mre_completion raw{};
    raw.size = sizeof raw;
    raw.prompt = or_null(entry.completion.prompt);
    raw.resource = or_null(entry.completion.resource);
    raw.data = &entry;
    raw.complete = &CompletionEntry::complete;
    expect([&](mre_error *err) { return api->add(raw_, &raw, err); });
  }

  void subcommand(Subcommand subcommand) {
    const auto *api = host_.service<mre_cli_api>(MRE_CLI);
    auto &entry = keep<CommandEntry>(CommandEntry{call_api_, std::move(subcommand)});
    mre_command raw{};
    raw.size = sizeof raw;
    raw.name = entry.subcommand.name.c_str();
    raw.arguments = or_null(entry.subcommand.arguments);
    raw.summary = entry.subcommand.summary.c_str();
    raw.data = &entry;
    raw.run = &CommandEntry::run;
    expect([&](mre_error *err) { return api->add(raw_, &raw, err); });
  }

  void transport(Transport transport) {
    const auto *api = host_.service<mre_peer_api>(MRE_PEER);
    auto &entry = keep<TransportEntry>(TransportEntry{std::move(transport)});
    mre_transport raw{};
    raw.size = sizeof raw;
    raw.name = entry.transport.name.c_str();
    raw.ctx = &entry;
    raw.start = &TransportEntry::start;
    raw.stop = &TransportEntry::stop;
    expect([&](mre_error *err) { return api->transport(raw_, &raw, err); });
  }

  // For services whose registration has no wrapper here.
  const mre_registry *raw() const noexcept { return raw_; }

private:
  template <class P>
  friend struct Glue;

  // How every entry that has a call runs its body: what it throws keeps a text of any length.
  template <class Body>
  static mre_status answer(const Call &call, mre_error *err, Body &&body) noexcept {
    return guarded(err, std::forward<Body>(body), [&](const Error &error) { call.fail(error); });
  }
  // For bodies that return a Reply, now or later.
  template <class Body>
  static mre_status reply_to(const mre_call_api *api, mre_call *raw, mre_error *err,
                             Body &&body) noexcept {
    std::shared_ptr<detail::Deferral> deferral;
    const Call call(api, raw, &deferral);
    return answer(call, err, [&]() -> mre_status {
      try {
        const Reply reply = body(call);
        if (reply.is_deferred) {
          if (deferral && !deferral->leave()) {
            throw Error(MRE_INTERNAL, "the plugin let go of the call without an answer");
          }
          return MRE_DEFERRED;
        }
        if (deferral && !deferral->revoke()) {
          return MRE_DEFERRED;
        }
        call.give(reply);
        return MRE_OK;
      } catch (...) {
        if (deferral && !deferral->revoke()) {
          return MRE_DEFERRED;
        }
        throw;
      }
    });
  }

  struct ToolEntry {
    const mre_call_api *call_api;
    Tool tool;
    static mre_status invoke(void *data, mre_call *raw, mre_str arguments,
                             mre_error *err) noexcept {
      auto &entry = *static_cast<ToolEntry *>(data);
      return reply_to(entry.call_api, raw, err, [&](const Call &call) {
        return entry.tool.run(json::parse(view(arguments)), call);
      });
    }
  };
  struct ResourceEntry {
    const mre_call_api *call_api;
    const mre_resource_api *api;
    Resource resource;
    static mre_status read(void *data, mre_call *raw, mre_str uri, mre_error *err) noexcept {
      auto &entry = *static_cast<ResourceEntry *>(data);
      const Call call(entry.call_api, raw);
      return answer(call, err, [&] {
        const std::string contents = entry.resource.read(view(uri), call);
        const mre_str mime_type = borrow(entry.resource.mime_type);
        return entry.resource.is_binary ? entry.api->blob(raw, uri, mime_type, borrow(contents))
                                        : entry.api->text(raw, uri, mime_type, borrow(contents));
      });
    }
  };
  struct PromptEntry {
    const mre_call_api *call_api;
    const mre_prompt_api *api;
    Prompt prompt;
    static mre_status get(void *data, mre_call *raw, mre_str arguments, mre_error *err) noexcept {
      auto &entry = *static_cast<PromptEntry *>(data);
      const Call call(entry.call_api, raw);
      return answer(call, err, [&] {
        const std::string messages = dump(entry.prompt.get(json::parse(view(arguments)), call));
        return entry.api->result(raw, borrow(messages));
      });
    }
  };
  struct CommandEntry {
    const mre_call_api *call_api;
    Subcommand subcommand;
    static mre_status run(void *data, mre_call *raw, const mre_str *words, size_t count,
                          mre_error *err) noexcept {
      auto &entry = *static_cast<CommandEntry *>(data);
      return reply_to(entry.call_api, raw, err, [&](const Call &call) {
        std::vector<std::string> copy;
        for (size_t i = 0; i < count; ++i) {
          copy.emplace_back(view(words[i]));
        }
        return entry.subcommand.run(copy, call);
      });
    }
  };
  struct TransportEntry {
    Transport transport;
    static mre_status start(void *ctx, mre_error *err) noexcept {
      return guarded(err, [&] { static_cast<TransportEntry *>(ctx)->transport.start(); });
    }
    static void stop(void *ctx) noexcept {
      static_cast<void>(
          guarded(nullptr, [&] { static_cast<TransportEntry *>(ctx)->transport.stop(); }));
    }
  };
  struct CompletionEntry {
    Completion completion;
    static mre_status complete(void *data, mre_call *, mre_str argument, mre_str value,
                               mre_str context, mre_sink values, mre_error *err) noexcept {
      auto &entry = *static_cast<CompletionEntry *>(data);
      return guarded(err, [&] {
        const json parsed = context.size == 0 ? json::object() : json::parse(view(context));
        const json found = entry.completion.complete(view(argument), view(value), parsed);
        values.write(values.ctx, borrow(dump(found)));
      });
    }
  };

  static const char *or_null(const std::string &text) {
    return text.empty() ? nullptr : text.c_str();
  }
  template <class F>
  static void expect(F &&function) {
    auto err = error_value();
    check(function(&err), err);
  }
  template <class Entry>
  Entry &keep(Entry entry) {
    auto kept = std::make_shared<Entry>(std::move(entry));
    entries_.push_back(kept);
    return *kept;
  }

  Host host_;
  const mre_call_api *call_api_;
  const mre_registry *raw_ = nullptr;
  std::vector<std::shared_ptr<void>> entries_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
