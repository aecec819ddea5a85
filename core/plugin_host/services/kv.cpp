// mre.kv/1: the durable store, one namespace per plugin.

#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

mre_status get(const mre_host *host, mre_str key, mre_sink value, mre_error *err) {
  return serve(host, err, "kv.get", [&](Instance &plugin) -> Result<void> {
    MRE_TRY(const std::string found, plugin.parts().kv.get(plugin.id(), view(key)));
    write_to(value, found);
    return {};
  });
}

mre_status put(const mre_host *host, mre_str key, mre_str value, uint64_t ttl_seconds,
               mre_error *err) {
  return serve(host, err, "kv.put", [&](Instance &plugin) {
    return plugin.parts().kv.put(
        {plugin.id(), std::string(view(key)), std::string(view(value)), ttl_seconds});
  });
}

mre_status compare_and_put(const mre_host *host, mre_str key, const mre_str *expected,
                           mre_str value, uint64_t ttl_seconds, mre_error *err) {
  return serve(host, err, "kv.compare_and_put", [&](Instance &plugin) {
    const bool has_expected = expected != nullptr && expected->data != nullptr;
    return plugin.parts().kv.compare_and_put(
        {plugin.id(), std::string(view(key)), std::string(view(value)), ttl_seconds},
        has_expected ? std::optional(std::string(view(*expected))) : std::nullopt);
  });
}

mre_status remove(const mre_host *host, mre_str key, mre_error *err) {
  return serve(host, err, "kv.remove",
               [&](Instance &plugin) { return plugin.parts().kv.remove(plugin.id(), view(key)); });
}

mre_status scan(const mre_host *host, mre_str prefix, mre_kv_sink sink, mre_error *err) {
  return serve(host, err, "kv.scan", [&](Instance &plugin) -> Result<void> {
    if (sink.entry == nullptr) {
      return Error{Errc::bad_argument, "kv.scan needs a sink", {}};
    }
    return plugin.parts().kv.scan(plugin.id(), view(prefix),
                                  [&](std::string_view key, std::string_view value) {
                                    return sink.entry(sink.ctx, borrow(key), borrow(value)) == 0;
                                  });
  });
}

} // namespace

const mre_kv_api &kv_service() {
  static const mre_kv_api table = {sizeof table, 0, get, put, compare_and_put, remove, scan};
  return table;
}

} // namespace mre::plugin_host
