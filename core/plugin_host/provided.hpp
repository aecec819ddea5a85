// Services that plugins offer to plugins, and the tables consumers get in their place.
//
// Promise: a consumer never holds the provider's own table. Its table has the same shape; each
// method holds the provider alive and counted for the call, leaves an audit record, lets no
// exception through, and answers `unavailable` while the provider is off. It stays valid when the
// provider goes and serves again when it comes back. Threads: any. Lifetime: part of Parts.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/guard/limits.hpp"

#include <mre/plugin.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mre::plugin_host {

class Instance;

class ProvidedServices {
public:
  ProvidedServices() = default;
  ProvidedServices(const ProvidedServices &) = delete;
  ProvidedServices &operator=(const ProvidedServices &) = delete;

  // Replaces everything this plugin offered before; conflict when another one offers the same id.
  Result<void> offer(const std::shared_ptr<Instance> &provider,
                     const std::vector<std::pair<std::string, const void *>> &services);
  void withdraw(const Instance &provider);
  bool is_offered(std::string_view id) const;
  std::vector<std::string> offered_by(const Instance &provider) const;

  // The consumer's table of a service; null while nobody has offered it yet.
  const void *table_for(Instance &consumer, std::string_view id);

private:
  struct Offer {
    std::shared_ptr<Instance> provider; // null while it is off
    const void *table = nullptr;
  };
  struct Proxy {
    mre_service head{}; // what the consumer sees begins here; head.ctx is this proxy
    mre_method methods[limits::kServiceMethods]{};
    ProvidedServices *services = nullptr;
    Instance *consumer = nullptr;
    std::string id;
  };
  struct State {
    std::map<std::string, Offer, std::less<>> offers;
    std::map<std::pair<const Instance *, std::string>, std::unique_ptr<Proxy>> proxies;
  };
  template <std::size_t... Index>
  static void fill(Proxy &proxy, std::index_sequence<Index...>);
  template <std::size_t Index>
  static mre_status forward(void *ctx, mre_call *call, void *parameters, mre_error *err) noexcept;
  mre_status pass(const Proxy &proxy, std::size_t index, mre_call *call, void *parameters,
                  mre_error *err);

  Guarded<State> state_;
};

} // namespace mre::plugin_host
