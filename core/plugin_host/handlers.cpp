#include "core/plugin_host/handlers.hpp"

#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/call_state.hpp"
#include "core/plugin_host/instance.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace mre::plugin_host {
namespace {

using Pass = std::function<mre_status(mre_call *, mre_error *)>;

// One call through the boundary. The gate is left by the call's end, which may come later
// (MRE_DEFERRED).
void run_call(CallOrigin origin, const Pass &pass) {
  std::optional<Milliseconds> patience; // one plugin waits for another only so long
  if (!origin.context->chain().empty()) {
    patience = limits::kNestedPatience;
  }
  if (const auto entered = origin.plugin->gate().enter(origin.context->stop_token(), patience);
      !entered) {
    origin.context->finish(tools::ToolResult::failure(entered.error()));
    return;
  }
  const std::string what = "the call of " + origin.name;
  const auto plugin = origin.plugin;
  const auto call = CallState::begin(std::move(origin));
  mre_error err = empty_error();
  const mre_status status = plugin->guarded(what, err, [&] { return pass(call->handle(), &err); });
  call->settle(status, status > 0 ? read_error(status, &err) : Error{});
}

class PluginTool final : public tools::ToolHandler {
public:
  PluginTool(std::shared_ptr<Instance> plugin, const mre_tool &raw, std::string name,
             bool is_read_only)
      : plugin_(std::move(plugin)), name_(std::move(name)), is_read_only_(is_read_only),
        invoke_(raw.invoke), data_(raw.data) {}

  bool blocks() const override { return true; }
  void invoke(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    const std::string text = dump_json(arguments);
    run_call({plugin_, call, CallKind::tool, name_, is_read_only_},
             [&](mre_call *handle, mre_error *err) {
               return invoke_(data_, handle, borrow(text), err);
             });
  }

private:
  const std::shared_ptr<Instance> plugin_;
  const std::string name_;
  const bool is_read_only_;
  decltype(mre_tool::invoke) const invoke_;
  void *const data_;
};

class PluginResource final : public tools::ResourceHandler {
public:
  PluginResource(std::shared_ptr<Instance> plugin, const mre_resource &raw, std::string uri)
      : plugin_(std::move(plugin)), uri_(std::move(uri)), read_(raw.read), data_(raw.data) {}

  void read(const std::shared_ptr<tools::CallContext> &call, const std::string &uri) override {
    run_call(
        {plugin_, call, CallKind::resource, uri_, true},
        [&](mre_call *handle, mre_error *err) { return read_(data_, handle, borrow(uri), err); });
  }

private:
  const std::shared_ptr<Instance> plugin_;
  const std::string uri_;
  decltype(mre_resource::read) const read_;
  void *const data_;
};

class PluginPrompt final : public tools::PromptHandler {
public:
  PluginPrompt(std::shared_ptr<Instance> plugin, const mre_prompt &raw, std::string name)
      : plugin_(std::move(plugin)), name_(std::move(name)), get_(raw.get), data_(raw.data) {}

  void get(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    const std::string text = dump_json(arguments);
    run_call({plugin_, call, CallKind::prompt, name_, true}, [&](mre_call *handle, mre_error *err) {
      return get_(data_, handle, borrow(text), err);
    });
  }

private:
  const std::shared_ptr<Instance> plugin_;
  const std::string name_;
  decltype(mre_prompt::get) const get_;
  void *const data_;
};

class PluginCommand final : public tools::CommandHandler {
public:
  PluginCommand(std::shared_ptr<Instance> plugin, const mre_command &raw, std::string name)
      : plugin_(std::move(plugin)), name_(std::move(name)), run_(raw.run), data_(raw.data) {}

  void run(const std::shared_ptr<tools::CallContext> &call,
           const std::vector<std::string> &words) override {
    std::vector<mre_str> borrowed;
    borrowed.reserve(words.size());
    for (const std::string &word : words) {
      borrowed.push_back(borrow(word));
    }
    run_call({plugin_, call, CallKind::command, name_, false},
             [&](mre_call *handle, mre_error *err) {
               return run_(data_, handle, borrowed.data(), borrowed.size(), err);
             });
  }

private:
  const std::shared_ptr<Instance> plugin_;
  const std::string name_;
  decltype(mre_command::run) const run_;
  void *const data_;
};

class PluginCompletion final : public tools::CompletionHandler {
public:
  PluginCompletion(std::shared_ptr<Instance> plugin, const mre_completion &raw)
      : plugin_(std::move(plugin)), complete_(raw.complete), data_(raw.data) {}

  Result<std::vector<std::string>> complete(const std::string &argument, const std::string &value,
                                            const Json &context) override {
    MRE_TRY_VOID(plugin_->gate().enter(plugin_->ending()));
    const auto call = CallState::begin({plugin_, nullptr, CallKind::completion, argument, true});
    const std::string context_text = dump_json(context);
    std::string collected;
    const mre_sink sink{&collected, &PluginCompletion::collect};
    mre_error err = empty_error();
    const mre_status status = plugin_->guarded("a completion", err, [&] {
      return complete_(data_, call->handle(), borrow(argument), borrow(value), borrow(context_text),
                       sink, &err);
    });
    call->settle(status == MRE_DEFERRED ? MRE_INTERNAL : status, Error{});
    if (status != MRE_OK) {
      return to_error(status, &err);
    }
    return to_values(collected);
  }

private:
  static int32_t collect(void *ctx, mre_str chunk) noexcept {
    auto &text = *static_cast<std::string *>(ctx);
    if (text.size() + chunk.size > limits::kResultBytes) {
      return 1;
    }
    text.append(view(chunk));
    return 0;
  }
  Result<std::vector<std::string>> to_values(const std::string &text) const {
    const auto parsed = parse_json(utf8::repair(text));
    std::vector<std::string> values;
    if (parsed && parsed->is_array()) {
      for (const Json &value : *parsed) {
        if (const auto *word = value.get_ptr<const std::string *>()) {
          values.push_back(*word);
        }
      }
      return values;
    }
    plugin_->blame("gave completion values that are not a JSON array");
    return Error{Errc::internal, "plugin " + plugin_->id() + " gave no list of values", {}};
  }

  const std::shared_ptr<Instance> plugin_;
  decltype(mre_completion::complete) const complete_;
  void *const data_;
};

} // namespace

std::shared_ptr<tools::ToolHandler> make_tool_handler(Instance &plugin, const mre_tool &raw,
                                                      const tools::ToolDeclaration &tool) {
  return std::make_shared<PluginTool>(plugin.shared_from_this(), raw, tool.name,
                                      tool.promises.read_only);
}
std::shared_ptr<tools::ResourceHandler>
make_resource_handler(Instance &plugin, const mre_resource &raw, std::string uri) {
  return std::make_shared<PluginResource>(plugin.shared_from_this(), raw, std::move(uri));
}
std::shared_ptr<tools::PromptHandler> make_prompt_handler(Instance &plugin, const mre_prompt &raw,
                                                          std::string name) {
  return std::make_shared<PluginPrompt>(plugin.shared_from_this(), raw, std::move(name));
}
std::shared_ptr<tools::CommandHandler>
make_command_handler(Instance &plugin, const mre_command &raw, std::string name) {
  return std::make_shared<PluginCommand>(plugin.shared_from_this(), raw, std::move(name));
}
std::shared_ptr<tools::CompletionHandler> make_completion_handler(Instance &plugin,
                                                                  const mre_completion &raw) {
  return std::make_shared<PluginCompletion>(plugin.shared_from_this(), raw);
}

} // namespace mre::plugin_host
