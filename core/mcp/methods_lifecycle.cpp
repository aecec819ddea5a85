// initialize, server/discover, ping, logging/setLevel: who talks to whom. See methods.hpp.
#include "core/mcp/capabilities.hpp"
#include "core/mcp/methods.hpp"
#include "core/mcp/peer.hpp"

#include <utility>

namespace mre::mcp {
namespace {

Session open_session(const tools::Snapshot &snapshot, std::string version,
                     Json client_capabilities) {
  Session session;
  session.is_open = true;
  session.version = std::move(version);
  session.client_capabilities = std::move(client_capabilities);
  session.has_resources = has_any(snapshot, ContentKind::resources);
  session.has_prompts = has_any(snapshot, ContentKind::prompts);
  session.has_completions = has_any(snapshot, ContentKind::completions);
  return session;
}

std::string client_name(const Json *info) {
  const std::string *name = info == nullptr ? nullptr : find_string(*info, "name");
  return name == nullptr ? "unknown" : name->substr(0, 128);
}

} // namespace

// A second initialize starts over: a client that restarted behind the same pipe gets a fresh
// session.
void initialize(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const Json &params = exchange->request().params;
  const std::string *requested = find_string(params, "protocolVersion");
  const Json *client = find_member(params, "capabilities");
  if (requested == nullptr || (client != nullptr && !client->is_object())) {
    exchange->fail({code::kInvalidParams,
                    "initialize needs 'protocolVersion', a string, and 'capabilities', an object",
                    {}});
    return;
  }
  const auto snapshot = engine.registry.current();
  const std::string version = negotiate_version(*requested);
  engine.log.info("handshake", {{"client", client_name(find_member(params, "clientInfo"))},
                                {"version", version},
                                {"principal", exchange->peer().options().principal}});
  auto &session = exchange->peer().session();
  session.with([&](Session &current) {
    current = open_session(*snapshot, version, client == nullptr ? Json::object() : *client);
  });
  exchange->succeed({.object = {{"protocolVersion", version},
                                {"capabilities", capabilities(*snapshot, version)},
                                {"serverInfo", server_info()},
                                {"instructions", instructions(*snapshot)}}});
  session.with([](Session &current) { current.hears_changes = true; });
}

void discover(const Engine &engine, const std::shared_ptr<Exchange> &exchange) {
  const auto snapshot = engine.registry.current();
  exchange->succeed({.object = {{"supportedVersions", stateless_versions()},
                                {"capabilities", capabilities(*snapshot, kStatelessVersion)},
                                {"instructions", instructions(*snapshot)}},
                     .cache = CacheHint{kListTtlMs}});
}

void ping(const Engine & /*engine*/, const std::shared_ptr<Exchange> &exchange) {
  exchange->succeed({});
}

void set_log_level(const Engine & /*engine*/, const std::shared_ptr<Exchange> &exchange) {
  const std::string *word = find_string(exchange->request().params, "level");
  const auto level = word == nullptr ? std::nullopt : parse_log_severity(*word);
  if (!level) {
    exchange->fail(
        {code::kInvalidParams,
         "'level' must be one of debug, info, notice, warning, error, critical, alert, emergency",
         {}});
    return;
  }
  exchange->peer().session().with([&](Session &session) { session.log_level = *level; });
  exchange->succeed({});
}

} // namespace mre::mcp
