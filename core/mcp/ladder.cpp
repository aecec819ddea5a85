#include "core/mcp/ladder.hpp"

#include <utility>

namespace mre::mcp {
namespace {

Failure in_band(Era era, tools::ProtocolError error) {
  const int status = http_status(era, error);
  return {std::move(error), status};
}

Failure unknown_method(Era era, const std::string &method) {
  return in_band(era,
                 {code::kMethodNotFound, "there is no method '" + method.substr(0, 128) + "'", {}});
}

bool has_wrong_params(const Json &params) {
  return !params.is_null() && !params.is_object();
}

const Json *schema_of_called_tool(const Engine &engine, const RequestMessage &message,
                                  tools::SnapshotPtr &snapshot) {
  const std::string *name = find_string(message.params, "name");
  if (message.method != "tools/call" || name == nullptr) {
    return nullptr;
  }
  snapshot = engine.registry.current();
  const tools::VisibleTool *tool = snapshot->find(*name);
  return tool != nullptr && tool->input ? &tool->input->document() : nullptr;
}

// Steps 8 to 14 of the stateless era. Header failures are 400 whatever their code is.
std::variant<Admitted, Failure> climb_stateless(const Engine &engine, RequestMessage message,
                                                const Arrival &arrival) {
  const TransportChecks *checks = arrival.checks;
  if (checks != nullptr) {
    if (auto error = checks->check_version(claimed_version(message.params))) {
      return Failure{std::move(*error), 400};
    }
  }
  auto meta = read_stateless_meta(message.params);
  if (auto *error = std::get_if<tools::ProtocolError>(&meta)) {
    return Failure{std::move(*error), 400};
  }
  if (checks != nullptr) {
    if (auto error = checks->check_routing(message.method, message.params)) {
      return Failure{std::move(*error), 400};
    }
  }
  const Method *method = find_method(message.method);
  if (method == nullptr || !method->in_stateless) {
    return unknown_method(Era::stateless, message.method);
  }
  if (checks != nullptr) {
    tools::SnapshotPtr snapshot;
    const Json *schema = schema_of_called_tool(engine, message, snapshot);
    if (auto error = checks->check_arguments(schema, message.params)) {
      return Failure{std::move(*error), 400};
    }
  }
  return Admitted{{std::move(message.id), std::move(message.method), std::move(message.params),
                   Era::stateless, std::move(std::get<RequestMeta>(meta)), arrival.stream},
                  method};
}

std::variant<Admitted, Failure> climb_handshake(RequestMessage message, const Arrival &arrival) {
  const Method *method = find_method(message.method);
  const bool serves_before = message.method == "initialize" || message.method == "ping";
  if (!arrival.session_is_open && !serves_before) {
    return in_band(Era::handshake, {code::kInvalidRequest,
                                    "'" + message.method.substr(0, 128) +
                                        "' came before 'initialize' and without '" +
                                        meta_name("protocolVersion") + "' in params._meta",
                                    {}});
  }
  if (method == nullptr || !method->in_handshake) {
    return unknown_method(Era::handshake, message.method);
  }
  if (has_wrong_params(message.params)) {
    return in_band(Era::handshake, {code::kInvalidParams, "'params' must be an object", {}});
  }
  RequestMeta meta = read_handshake_meta(message.params);
  return Admitted{{std::move(message.id), std::move(message.method), std::move(message.params),
                   Era::handshake, std::move(meta), arrival.stream},
                  method};
}

} // namespace

std::variant<Admitted, Failure> climb(const Engine &engine, RequestMessage message,
                                      const Arrival &arrival) {
  const bool claimed = arrival.checks != nullptr && arrival.checks->claims_stateless();
  if (classify(message, claimed) == Era::stateless) {
    return climb_stateless(engine, std::move(message), arrival);
  }
  return climb_handshake(std::move(message), arrival);
}

} // namespace mre::mcp
