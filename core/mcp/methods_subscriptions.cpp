// resources/subscribe and unsubscribe, subscriptions/listen. See methods.hpp.
#include "core/guard/limits.hpp"
#include "core/mcp/capabilities.hpp"
#include "core/mcp/client_abilities.hpp"
#include "core/mcp/methods.hpp"
#include "core/mcp/peer.hpp"
#include "core/mcp/task_render.hpp"
#include "core/mcp/task_store.hpp"
#include "core/mcp/uri_template.hpp"

#include <optional>
#include <string>
#include <utility>

namespace mre::mcp {
namespace {

constexpr std::string_view kToolsChanged = "notifications/tools/list_changed";
constexpr std::string_view kPromptsChanged = "notifications/prompts/list_changed";
constexpr std::string_view kResourcesChanged = "notifications/resources/list_changed";
constexpr std::string_view kResourceUpdated = "notifications/resources/updated";

// False for a member that is there and is not a boolean.
bool read_flag(const Json &filter, std::string_view name, bool &flag) {
  const Json *member = find_member(filter, name);
  if (member == nullptr) {
    return true;
  }
  if (const bool *value = member->get_ptr<const bool *>()) {
    flag = *value;
    return true;
  }
  return false;
}

bool read_strings(const Json &filter, std::string_view name, std::set<std::string> &strings) {
  const Json *member = find_member(filter, name);
  if (member == nullptr) {
    return true;
  }
  if (!member->is_array() || member->size() > limits::kSubscribedUris) {
    return false;
  }
  for (const Json &element : *member) {
    const std::string *text = element.get_ptr<const std::string *>();
    if (text == nullptr) {
      return false;
    }
    strings.insert(*text);
  }
  return true;
}

std::optional<ListenFilter> read_filter(const Json &params) {
  const Json *asked = find_member(params, "notifications");
  ListenFilter filter;
  if (asked == nullptr || !asked->is_object() ||
      !read_flag(*asked, "toolsListChanged", filter.tools) ||
      !read_flag(*asked, "promptsListChanged", filter.prompts) ||
      !read_flag(*asked, "resourcesListChanged", filter.resources) ||
      !read_strings(*asked, "resourceSubscriptions", filter.uris) ||
      !read_strings(*asked, "taskIds", filter.tasks)) {
    return std::nullopt;
  }
  return filter;
}

Json granted(const ListenFilter &filter) {
  Json subset = Json::object();
  if (filter.tools) {
    subset["toolsListChanged"] = true;
  }
  if (filter.prompts) {
    subset["promptsListChanged"] = true;
  }
  if (filter.resources) {
    subset["resourcesListChanged"] = true;
  }
  if (!filter.uris.empty()) {
    subset["resourceSubscriptions"] = filter.uris;
  }
  if (!filter.tasks.empty()) {
    subset["taskIds"] = filter.tasks;
  }
  return subset;
}

Json tag(const Exchange &exchange) {
  return {{meta_name("subscriptionId"), exchange.request().id}};
}

void notify_listener(Exchange &exchange, std::string_view method, Json params) {
  params["_meta"] = tag(exchange);
  exchange.notify(method, params, false);
}

// The server ends the subscription. MCP 2026-07-28 describes the notification on its cancellation
// page and the result on the one about subscriptions; a client that knows either understands.
void end_listening(Exchange &exchange) {
  notify_listener(
      exchange, "notifications/cancelled",
      {{"requestId", exchange.request().id}, {"reason", "the server ends the subscription"}});
  exchange.succeed({.object = {{"_meta", tag(exchange)}}});
}

} // namespace

void subscribe_resource(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto snapshot = engine.registry.current();
  if (!require_kind(*exchange, *snapshot, ContentKind::resources)) {
    return;
  }
  const std::string *uri = find_string(exchange->request().params, "uri");
  if (uri == nullptr) {
    fail_invalid(*exchange, "'uri' must be a string");
    return;
  }
  if (find_resource(*snapshot, *uri) == nullptr) {
    exchange->fail(
        {code::kResourceNotFound, "there is no resource '" + *uri + "'", Json{{"uri", *uri}}});
    return;
  }
  const bool has_room = exchange->peer().session().with([&](Session &session) {
    if (session.subscribed.size() >= limits::kSubscribedUris) {
      return session.subscribed.count(*uri) != 0;
    }
    session.subscribed.insert(*uri);
    return true;
  });
  if (has_room) {
    exchange->succeed({});
  } else {
    exchange->fail({code::kInternal, "too many subscriptions; unsubscribe from some first", {}});
  }
}

void unsubscribe_resource(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  if (!require_kind(*exchange, *engine.registry.current(), ContentKind::resources)) {
    return;
  }
  const std::string *uri = find_string(exchange->request().params, "uri");
  if (uri == nullptr) {
    fail_invalid(*exchange, "'uri' must be a string");
    return;
  }
  exchange->peer().session().with([&](Session &session) { session.subscribed.erase(*uri); });
  exchange->succeed({});
}

void listen(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  auto filter = read_filter(exchange->request().params);
  if (!filter) {
    fail_invalid(*exchange,
                 "'notifications' must be an object of toolsListChanged, promptsListChanged, "
                 "resourcesListChanged (booleans), resourceSubscriptions (uris) and taskIds");
    return;
  }
  // Granted is what the client may hear: its own tasks, and none when it takes no tasks.
  const bool takes_tasks = client_takes_tasks(exchange->request().meta.client_capabilities);
  std::erase_if(filter->tasks, [&](const std::string &id) {
    return !takes_tasks || !engine.tasks.find(exchange->peer().options().principal, id);
  });
  const Json subset = granted(*filter);
  const auto acknowledge = [&] {
    notify_listener(*exchange, "notifications/subscriptions/acknowledged",
                    {{"notifications", subset}});
  };
  if (!exchange->peer().add_listener(exchange, std::move(*filter), acknowledge)) {
    exchange->fail({code::kInternal, "too many subscriptions; cancel some first", {}});
    return;
  }
  // Weak: the exchange owns the action.
  exchange->on_stop([weak = std::weak_ptr(exchange)] {
    if (const auto alive = weak.lock()) {
      end_listening(*alive);
    }
  });
}

void Peer::announce_to_session(const tools::Registry::Change &change,
                               const std::set<std::string> &uris) {
  std::vector<std::string> messages;
  session_.with([&](const Session &session) {
    if (!session.hears_changes) {
      return;
    }
    if (change.tools) {
      messages.push_back(render_notification(kToolsChanged, {}));
    }
    if (change.prompts && session.has_prompts) {
      messages.push_back(render_notification(kPromptsChanged, {}));
    }
    if (change.resources && session.has_resources) {
      messages.push_back(render_notification(kResourcesChanged, {}));
    }
    for (const auto &uri : uris) {
      if (session.subscribed.count(uri) != 0) {
        messages.push_back(render_notification(kResourceUpdated, {{"uri", uri}}));
      }
    }
  });
  for (auto &message : messages) {
    outlet().send({kConnectionStream, std::move(message)});
  }
}

void Peer::announce(const TaskView &task) {
  if (task.principal != options_.principal) {
    return;
  }
  if (task.session.lock().get() == this) {
    outlet().send({kConnectionStream,
                   render_notification("notifications/tasks/status", render_session_task(task))});
  }
  for (const auto &[exchange, filter] : listeners()) {
    if (filter.tasks.count(task.id) != 0) {
      notify_listener(*exchange, "notifications/tasks", render_stateless_detail(task));
    }
  }
}

std::vector<Peer::Listener> Peer::listeners() const {
  return traffic_.with([](const Traffic &traffic) {
    std::vector<Listener> copies;
    for (const auto &[pointer, listener] : traffic.listeners) {
      copies.push_back(listener);
    }
    return copies;
  });
}

void Peer::announce(const tools::Registry::Change &change, const std::set<std::string> &uris) {
  announce_to_session(change, uris);
  for (const auto &[exchange, filter] : listeners()) {
    if (change.tools && filter.tools) {
      notify_listener(*exchange, kToolsChanged, Json::object());
    }
    if (change.prompts && filter.prompts) {
      notify_listener(*exchange, kPromptsChanged, Json::object());
    }
    if (change.resources && filter.resources) {
      notify_listener(*exchange, kResourcesChanged, Json::object());
    }
    for (const auto &uri : uris) {
      if (filter.uris.count(uri) != 0) {
        notify_listener(*exchange, kResourceUpdated, {{"uri", uri}});
      }
    }
  }
}

} // namespace mre::mcp
