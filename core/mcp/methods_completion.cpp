// completion/complete. See methods.hpp.
#include "core/mcp/call_runner.hpp"
#include "core/mcp/capabilities.hpp"
#include "core/mcp/methods.hpp"
#include "core/mcp/render.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace mre::mcp {
namespace {

constexpr std::size_t kValues = 100; // MCP server/utilities/completion: at most so many

struct Wanted {
  std::string prompt, resource; // one of them
  std::string argument, value;
  Json context = Json::object();
};

std::optional<Wanted> read_wanted(const Json &params) {
  const Json *ref = find_member(params, "ref");
  const Json *argument = find_member(params, "argument");
  const std::string *type = ref == nullptr ? nullptr : find_string(*ref, "type");
  const std::string *name = argument == nullptr ? nullptr : find_string(*argument, "name");
  const std::string *value = argument == nullptr ? nullptr : find_string(*argument, "value");
  if (type == nullptr || name == nullptr || value == nullptr) {
    return std::nullopt;
  }
  Wanted wanted{{}, {}, *name, *value};
  const bool is_prompt = *type == "ref/prompt";
  const std::string *target = find_string(*ref, is_prompt ? "name" : "uri");
  if (target == nullptr || (!is_prompt && *type != "ref/resource")) {
    return std::nullopt;
  }
  (is_prompt ? wanted.prompt : wanted.resource) = *target;
  if (const Json *context = find_member(params, "context")) {
    const Json *arguments = find_member(*context, "arguments");
    if (!context->is_object() || (arguments != nullptr && !arguments->is_object())) {
      return std::nullopt;
    }
    wanted.context = arguments == nullptr ? Json::object() : *arguments;
  }
  return wanted;
}

bool exists(const tools::Snapshot &snapshot, const Wanted &wanted) {
  const auto &prompts = snapshot.prompts();
  const auto &resources = snapshot.resources();
  return wanted.resource.empty()
             ? std::any_of(prompts.begin(), prompts.end(),
                           [&](const auto &prompt) { return prompt.name == wanted.prompt; })
             : std::any_of(resources.begin(), resources.end(),
                           [&](const auto &resource) { return resource.uri == wanted.resource; });
}

void answer(const Engine &engine, Exchange &exchange, std::vector<std::string> values) {
  const std::size_t total = values.size();
  values.resize(std::min(total, kValues));
  Json list(std::move(values));
  engine.redactor.redact(list);
  exchange.succeed(
      {.object = {
           {"completion",
            {{"values", std::move(list)}, {"total", total}, {"hasMore", total > kValues}}}}});
}

void run_completion(const Engine &engine, Exchange &exchange, tools::CompletionHandler &handler,
                    const Wanted &wanted) {
  try {
    auto values = handler.complete(wanted.argument, wanted.value, wanted.context);
    if (values) {
      answer(engine, exchange, std::move(*values));
    } else {
      exchange.fail({code::kInternal, engine.redactor.redact(error_text(values.error())), {}});
    }
  } catch (const std::exception &exception) {
    exchange.fail({code::kInternal, engine.redactor.redact(exception.what()), {}});
  } catch (...) {
    exchange.fail({code::kInternal, "the completion failed unexpectedly", {}});
  }
}

} // namespace

void complete(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto snapshot = engine.registry.current();
  if (!require_kind(*exchange, *snapshot, ContentKind::completions)) {
    return;
  }
  auto wanted = read_wanted(exchange->request().params);
  if (!wanted) {
    exchange->fail(
        {code::kInvalidParams,
         "completion needs 'ref' {type: ref/prompt, name} or {type: ref/resource, uri} and "
         "'argument' {name, value}",
         {}});
    return;
  }
  const auto &completions = snapshot->completions();
  const auto found = std::find_if(completions.begin(), completions.end(), [&](const auto &entry) {
    return entry.prompt == wanted->prompt && entry.resource == wanted->resource;
  });
  if (found == completions.end()) {
    if (exists(*snapshot, *wanted)) {
      answer(engine, *exchange, {});
    } else {
      exchange->fail(
          {code::kInvalidParams, "there is no such prompt or resource to complete for", {}});
    }
    return;
  }
  auto accepted = engine.runner.run_blocking(
      [&engine, exchange, snapshot, handler = found->handler, wanted = std::move(*wanted)] {
        run_completion(engine, *exchange, *handler, wanted);
      });
  if (!accepted) {
    exchange->fail({code::kInternal, error_text(accepted.error()), {}});
  }
}

} // namespace mre::mcp
