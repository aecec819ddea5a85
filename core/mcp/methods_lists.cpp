// The lists of tools, resources, templates and prompts. See methods.hpp.
#include "core/base/encoding.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/capabilities.hpp"
#include "core/mcp/methods.hpp"
#include "core/mcp/peer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace mre::mcp {
namespace {

struct Page {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<std::string> next;
};

// A cursor is "<list>:<offset>" in base64: opaque to clients, and useless for another list.
std::optional<std::size_t> read_cursor(const std::string &cursor, const std::string &list) {
  const auto text = base64_decode(cursor);
  const std::string prefix = list + ":";
  if (!text || text->compare(0, prefix.size(), prefix) != 0) {
    return std::nullopt;
  }
  std::size_t offset = 0;
  const char *first = text->data() + prefix.size();
  const char *last = text->data() + text->size();
  const auto [end, problem] = std::from_chars(first, last, offset);
  return problem == std::errc() && end == last ? std::optional(offset) : std::nullopt;
}

std::optional<Page> find_page(const Json &params, const std::string &list, std::size_t total) {
  Page page;
  if (const Json *cursor = find_member(params, "cursor")) {
    const std::string *text = cursor->get_ptr<const std::string *>();
    const auto offset = text == nullptr ? std::nullopt : read_cursor(*text, list);
    if (!offset || *offset == 0 || *offset >= total) {
      return std::nullopt;
    }
    page.begin = *offset;
  }
  page.end = std::min(total, page.begin + limits::kPageItems);
  if (page.end < total) {
    page.next = base64_encode(list + ":" + std::to_string(page.end));
  }
  return page;
}

// Answers with the page that was asked for; items are JSON texts.
void answer_page(Exchange &exchange, const std::string &list,
                 const std::vector<std::string> &items) {
  const auto page = find_page(exchange.request().params, list, items.size());
  if (!page) {
    exchange.fail(
        {code::kInvalidParams, "the cursor is not one of this list; begin without one", {}});
    return;
  }
  Reply reply{.members = json_quote(list) + ":[", .cache = CacheHint{kListTtlMs}};
  for (std::size_t i = page->begin; i < page->end; ++i) {
    reply.members += (i == page->begin ? "" : ",") + items[i];
  }
  reply.members += "]";
  if (page->next) {
    reply.object["nextCursor"] = *page->next;
  }
  exchange.succeed(std::move(reply));
}

void put_unless_empty(Json &object, const char *key, const std::string &text) {
  if (!text.empty()) {
    object[key] = text;
  }
}

std::string resource_json(const tools::ResourceDeclaration &resource) {
  Json object = {{resource.is_template ? "uriTemplate" : "uri", resource.uri},
                 {"name", resource.name}};
  put_unless_empty(object, "title", resource.title);
  put_unless_empty(object, "description", resource.description);
  put_unless_empty(object, "mimeType", resource.mime_type);
  return dump_json(object);
}

std::string prompt_json(const tools::PromptDeclaration &prompt) {
  Json object = {{"name", prompt.name}};
  put_unless_empty(object, "title", prompt.title);
  put_unless_empty(object, "description", prompt.description);
  if (prompt.arguments.is_array() && !prompt.arguments.empty()) {
    object["arguments"] = prompt.arguments;
  }
  return dump_json(object);
}

// MCP 2025-11-25 server/tools: "forbidden" is the default and left out.
std::string with_task_support(const tools::VisibleTool &tool) {
  const auto support = tool.declaration->task_support;
  if (support == tools::TaskSupport::forbidden) {
    return tool.list_json;
  }
  const char *word = support == tools::TaskSupport::required ? "required" : "optional";
  return tool.list_json.substr(0, tool.list_json.size() - 1) + R"(,"execution":{"taskSupport":")" +
         word + R"("}})";
}

void list_resources_of_kind(const Engine &engine, Exchange &exchange, bool templates) {
  const auto snapshot = engine.registry.current();
  if (!require_kind(exchange, *snapshot, ContentKind::resources)) {
    return;
  }
  std::vector<std::string> items;
  for (const auto &resource : snapshot->resources()) {
    if (resource.is_template == templates) {
      items.push_back(resource_json(resource));
    }
  }
  answer_page(exchange, templates ? "resourceTemplates" : "resources", items);
}

} // namespace

void list_tools(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto snapshot = engine.registry.current();
  // Only one revision names it in the list; for the stateless era it is the server's own business.
  const bool shows_task_support = exchange->request().era == Era::handshake &&
                                  exchange->peer().session().with([](const Session &session) {
                                    return has_tasks(session.version);
                                  });
  std::vector<std::string> items;
  items.reserve(snapshot->tools().size());
  for (const auto &tool : snapshot->tools()) {
    if (tools::is_shown(tool, exchange->peer().options().audience)) {
      items.push_back(shows_task_support ? with_task_support(tool) : tool.list_json);
    }
  }
  answer_page(*exchange, "tools", items);
}

void list_resources(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  list_resources_of_kind(engine, *exchange, false);
}

void list_resource_templates(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  list_resources_of_kind(engine, *exchange, true);
}

void list_prompts(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto snapshot = engine.registry.current();
  if (!require_kind(*exchange, *snapshot, ContentKind::prompts)) {
    return;
  }
  std::vector<std::string> items;
  for (const auto &prompt : snapshot->prompts()) {
    items.push_back(prompt_json(prompt));
  }
  answer_page(*exchange, "prompts", items);
}

} // namespace mre::mcp
