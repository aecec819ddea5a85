// mre/cpp/services.hpp - log, settings, hosts, store and neighbours: the small host services as C++
// values.
//
// Promise: each class is a cheap view made from a Host; its constructor throws
// Error(MRE_UNAVAILABLE) when this host does not have the service, its functions throw Error with
// the host's own words. Threads: all functions from any thread. Lifetime: valid until the plugin is
// destroyed.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/ext/config.h>
#include <mre/ext/hosts.h>
#include <mre/ext/kv.h>
#include <mre/ext/log.h>
#include <mre/ext/plugins.h>
#include <mre/ext/tools.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

namespace detail {

// Runs a host function that writes JSON text into a sink.
template <class F>
json read_json(F &&function) {
  std::string text;
  Sink sink(text);
  auto err = error_value();
  check(function(sink.abi(), &err), err);
  sink.rethrow();
  return json::parse(text);
}

} // namespace detail

class Log {
public:
  explicit Log(Host host) : api_(host.service<mre_log_api>(MRE_LOG)), host_(host) {}
  void error(std::string_view event, const json &fields = json::object()) const {
    write(MRE_LOG_ERROR, event, fields);
  }
  void warn(std::string_view event, const json &fields = json::object()) const {
    write(MRE_LOG_WARN, event, fields);
  }
  void info(std::string_view event, const json &fields = json::object()) const {
    write(MRE_LOG_INFO, event, fields);
  }
  void debug(std::string_view event, const json &fields = json::object()) const {
    write(MRE_LOG_DEBUG, event, fields);
  }
  // From now on these bytes leave the process only as a mask.
  void redact(std::string_view secret) const noexcept { api_->redact(host_.raw(), borrow(secret)); }
  void audit(const Call &call, const json &event) const {
    api_->audit(host_.raw(), call.raw(), borrow(dump(event)));
  }

private:
  void write(int32_t level, std::string_view event, const json &fields) const {
    api_->log(host_.raw(), level, borrow(event),
              borrow(fields.empty() ? std::string() : dump(fields)));
  }
  const mre_log_api *api_;
  Host host_;
};

// Limits that every tool shares.
struct Limits {
  std::uint64_t character_limit = 0;
  std::uint64_t max_file_size = 0; // 0: none
  std::chrono::milliseconds timeout{0}, max_timeout{0};
  bool read_only = false;
  std::uint64_t message_bytes = 0; // the longest message a transport may bring
};

class Config {
public:
  explicit Config(Host host) : api_(host.service<mre_config_api>(MRE_CONFIG)), host_(host) {}
  // The value at a JSON pointer of this plugin's settings, null when there is none.
  json get(std::string_view pointer = "") const {
    try {
      return detail::read_json([&](mre_sink sink, mre_error *err) {
        return api_->get(host_.raw(), borrow(pointer), sink, err);
      });
    } catch (const Error &error) {
      if (error.status() == MRE_NOT_FOUND) {
        return nullptr;
      }
      throw;
    }
  }
  Limits limits() const {
    const json read = detail::read_json(
        [&](mre_sink sink, mre_error *err) { return api_->limits(host_.raw(), sink, err); });
    Limits limits;
    limits.character_limit = read.value("character_limit", std::uint64_t{0});
    limits.max_file_size = read.value("max_file_size", std::uint64_t{0});
    limits.timeout = std::chrono::milliseconds(read.value("timeout_ms", std::int64_t{0}));
    limits.max_timeout = std::chrono::milliseconds(read.value("max_timeout_ms", std::int64_t{0}));
    limits.read_only = read.value("read_only", false);
    limits.message_bytes = read.value("message_bytes", std::uint64_t{0});
    return limits;
  }

private:
  const mre_config_api *api_;
  Host host_;
};

struct HostInfo {
  std::string name, address, user, description;
  std::uint16_t port = 0;
  std::vector<std::string> tags;
  bool connected = false;
};

class Hosts {
public:
  explicit Hosts(Host host) : api_(host.service<mre_hosts_api>(MRE_HOSTS)), host_(host) {}
  // What a tool's `host` argument stands for; empty: the default host, else the only one.
  HostInfo resolve(std::string_view name) const {
    return to_info(detail::read_json([&](mre_sink sink, mre_error *err) {
      return api_->resolve(host_.raw(), borrow(name), sink, err);
    }));
  }
  std::vector<HostInfo> list() const {
    const json read = detail::read_json(
        [&](mre_sink sink, mre_error *err) { return api_->list(host_.raw(), sink, err); });
    std::vector<HostInfo> hosts;
    for (const auto &entry : read) {
      hosts.push_back(to_info(entry));
    }
    return hosts;
  }

private:
  static HostInfo to_info(const json &read) {
    HostInfo info;
    info.name = read.value("name", "");
    info.address = read.value("host", "");
    info.user = read.value("user", "");
    info.description = read.value("description", "");
    info.port = read.value("port", std::uint16_t{0});
    info.tags = read.value("tags", std::vector<std::string>());
    info.connected = read.value("connected", false);
    return info;
  }
  const mre_hosts_api *api_;
  Host host_;
};

// A small durable store, one namespace per plugin, shared by processes.
class Kv {
public:
  explicit Kv(Host host) : api_(host.service<mre_kv_api>(MRE_KV)), host_(host) {}
  std::optional<std::string> get(std::string_view key) const {
    std::string value;
    Sink sink(value);
    auto err = error_value();
    const mre_status status = api_->get(host_.raw(), borrow(key), sink.abi(), &err);
    if (status == MRE_NOT_FOUND) {
      return std::nullopt;
    }
    check(status, err);
    sink.rethrow();
    return value;
  }
  // ttl zero: for ever.
  void put(std::string_view key, std::string_view value, std::chrono::seconds ttl = {}) const {
    auto err = error_value();
    check(api_->put(host_.raw(), borrow(key), borrow(value),
                    static_cast<std::uint64_t>(ttl.count()), &err),
          err);
  }
  // Replaces only what equals expected (nothing: only when there is no value). False when it
  // lost.
  bool compare_and_put(std::string_view key, const std::optional<std::string> &expected,
                       std::string_view value, std::chrono::seconds ttl = {}) const {
    auto err = error_value();
    const mre_str before = expected ? borrow(*expected) : mre_str{nullptr, 0};
    const mre_status status =
        api_->compare_and_put(host_.raw(), borrow(key), expected ? &before : nullptr, borrow(value),
                              static_cast<std::uint64_t>(ttl.count()), &err);
    if (status == MRE_CONFLICT) {
      return false;
    }
    check(status, err);
    return true;
  }
  void remove(std::string_view key) const {
    auto err = error_value();
    check(api_->remove(host_.raw(), borrow(key), &err), err);
  }
  std::vector<std::pair<std::string, std::string>> scan(std::string_view prefix) const {
    struct Found {
      std::vector<std::pair<std::string, std::string>> entries;
      std::exception_ptr failure;
    } found;
    const mre_kv_sink sink{&found, [](void *ctx, mre_str key, mre_str value) -> int32_t {
                             auto &into = *static_cast<Found *>(ctx);
                             try {
                               into.entries.emplace_back(view(key), view(value));
                               return 0;
                             } catch (...) {
                               into.failure = std::current_exception();
                               return 1;
                             }
                           }};
    auto err = error_value();
    check(api_->scan(host_.raw(), borrow(prefix), sink, &err), err);
    if (found.failure) {
      std::rethrow_exception(found.failure);
    }
    return std::move(found.entries);
  }

private:
  const mre_kv_api *api_;
  Host host_;
};

// What another tool gave back.
struct ToolResult {
  json content;    // MCP content blocks
  json structured; // null when there was none
  bool is_error = false;
  // The text blocks, one after the other.
  std::string text() const {
    std::string all;
    for (const auto &block : content) {
      all += block.value("text", "");
    }
    return all;
  }
};

// Other tools of this server, under the operator's policy.
class Tools {
public:
  explicit Tools(Host host) : api_(host.service<mre_tools_api>(MRE_TOOLS)), host_(host) {}
  std::string explain(std::string_view name) const {
    std::string text;
    Sink sink(text);
    auto err = error_value();
    check(api_->explain(host_.raw(), borrow(name), sink.abi(), &err), err);
    sink.rethrow();
    return text;
  }
  // A tool that fails is a result with is_error; Error says why it was not run. May unwind to ask.
  ToolResult call(const Call &call, std::string_view tool,
                  const json &arguments = json::object()) const {
    std::string text;
    Sink sink(text);
    const std::string argument_text = dump(arguments);
    mre_tool_call request{};
    request.size = sizeof request;
    request.tool = borrow(tool);
    request.arguments = borrow(argument_text);
    request.result = sink.abi();
    auto err = error_value();
    check(api_->call(host_.raw(), call.raw(), &request, &err), err);
    sink.rethrow();
    const json given = json::parse(text);
    return {given.value("content", json::array()), given.value("structuredContent", json()),
            request.is_error != 0};
  }

private:
  const mre_tools_api *api_;
  Host host_;
};

class Plugins {
public:
  explicit Plugins(Host host) : api_(host.service<mre_plugins_api>(MRE_PLUGINS)), host_(host) {}
  // Ask per call: plugins are switched while the server runs.
  bool is_active(const char *id) const noexcept { return api_->is_active(host_.raw(), id) != 0; }

private:
  const mre_plugins_api *api_;
  Host host_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
