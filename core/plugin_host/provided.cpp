#include "core/plugin_host/provided.hpp"

#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/call_state.hpp"
#include "core/plugin_host/instance.hpp"
#include "core/plugin_host/parts.hpp"

#include <cstring>

namespace mre::plugin_host {
namespace {

mre_method method_of(const void *table, std::size_t index) {
  const auto *head = static_cast<const mre_service *>(table);
  if (head->size < sizeof(mre_service) + (index + 1) * sizeof(mre_method)) {
    return nullptr;
  }
  mre_method method = nullptr;
  std::memcpy(&method,
              static_cast<const char *>(table) + sizeof(mre_service) + index * sizeof(mre_method),
              sizeof method);
  return method;
}

// Counted at the provider's gate, unless the call came from that plugin and is counted there
// already.
class Visit {
public:
  static Result<std::unique_ptr<Visit>> enter(const std::shared_ptr<Instance> &provider,
                                              Instance &consumer, CallState *call) {
    const bool is_inside = call != nullptr && &call->plugin() == provider.get();
    if (!is_inside) {
      MRE_TRY_VOID(
          provider->gate().enter(call != nullptr ? call->stop_token() : consumer.ending()));
    }
    return std::unique_ptr<Visit>(new Visit(is_inside ? nullptr : provider));
  }
  ~Visit() {
    if (provider_) {
      provider_->gate().leave();
    }
  }
  Visit(const Visit &) = delete;
  Visit &operator=(const Visit &) = delete;

private:
  explicit Visit(std::shared_ptr<Instance> provider) : provider_(std::move(provider)) {}
  std::shared_ptr<Instance> provider_;
};

} // namespace

Result<void>
ProvidedServices::offer(const std::shared_ptr<Instance> &provider,
                        const std::vector<std::pair<std::string, const void *>> &services) {
  return state_.with([&](State &state) -> Result<void> {
    for (const auto &[id, table] : services) {
      const auto found = state.offers.find(id);
      if (found != state.offers.end() && found->second.provider &&
          found->second.provider != provider) {
        return Error{Errc::conflict,
                     "the service " + id + " is offered by plugin " + found->second.provider->id() +
                         " already",
                     "switch one of the two off"};
      }
    }
    for (auto &[id, offer] : state.offers) {
      if (offer.provider == provider) {
        offer = Offer{};
      }
    }
    for (const auto &[id, table] : services) {
      state.offers[id] = Offer{provider, table};
    }
    return {};
  });
}

void ProvidedServices::withdraw(const Instance &provider) {
  state_.with([&](State &state) {
    for (auto &[id, offer] : state.offers) {
      if (offer.provider.get() == &provider) {
        offer = Offer{};
      }
    }
  });
}

bool ProvidedServices::is_offered(std::string_view id) const {
  return state_.with([&](const State &state) {
    const auto found = state.offers.find(id);
    return found != state.offers.end() && found->second.provider != nullptr;
  });
}

std::vector<std::string> ProvidedServices::offered_by(const Instance &provider) const {
  return state_.with([&](const State &state) {
    std::vector<std::string> ids;
    for (const auto &[id, offer] : state.offers) {
      if (offer.provider.get() == &provider) {
        ids.push_back(id);
      }
    }
    return ids;
  });
}

template <std::size_t Index>
mre_status ProvidedServices::forward(void *ctx, mre_call *call, void *parameters,
                                     mre_error *err) noexcept {
  const auto &proxy = *static_cast<const Proxy *>(ctx);
  if (!proxy.consumer->is_alive()) {
    return store(err, Errc::unavailable, "the host no longer serves this plugin");
  }
  return proxy.services->pass(proxy, Index, call, parameters, err);
}

template <std::size_t... Index>
void ProvidedServices::fill(Proxy &proxy, std::index_sequence<Index...>) {
  ((proxy.methods[Index] = &ProvidedServices::forward<Index>), ...);
}

const void *ProvidedServices::table_for(Instance &consumer, std::string_view id) {
  return state_.with([&](State &state) -> const void * {
    const auto offer = state.offers.find(id);
    if (offer == state.offers.end()) {
      return nullptr;
    }
    auto &proxy = state.proxies[{&consumer, std::string(id)}];
    if (!proxy) {
      if (offer->second.table == nullptr) {
        return nullptr; // its shape is known only once somebody offers it
      }
      proxy = std::make_unique<Proxy>();
      proxy->head = {static_cast<const mre_service *>(offer->second.table)->size, 0, proxy.get()};
      fill(*proxy, std::make_index_sequence<limits::kServiceMethods>());
      proxy->services = this;
      proxy->consumer = &consumer;
      proxy->id = id;
    }
    return proxy.get();
  });
}

mre_status ProvidedServices::pass(const Proxy &proxy, std::size_t index, mre_call *call,
                                  void *parameters, mre_error *err) {
  const Offer offer = state_.with([&](const State &state) {
    const auto found = state.offers.find(proxy.id);
    return found == state.offers.end() ? Offer{} : found->second;
  });
  if (!offer.provider) {
    return store(err, Errc::unavailable, "the plugin that offers " + proxy.id + " is switched off");
  }
  const auto state = find_call(call, proxy.id.c_str());
  const std::shared_ptr<void> in_service = state ? keep_in_service(state) : std::shared_ptr<void>();
  const auto visit = Visit::enter(offer.provider, *proxy.consumer, state.get());
  if (!visit) {
    return store(err, visit.error());
  }
  const mre_method method = method_of(offer.table, index);
  if (method == nullptr) {
    return store(err, Errc::unsupported,
                 "plugin " + offer.provider->id() + " does not have this function of " + proxy.id);
  }
  proxy.consumer->parts().audit.effect(
      {state ? state->id() : std::string(),
       proxy.consumer->id(),
       {},
       "service",
       {{"service", proxy.id}, {"provider", offer.provider->id()}, {"method", index}}});
  mre_error inner = empty_error();
  const mre_status status = offer.provider->guarded("the service " + proxy.id, inner, [&] {
    return method(static_cast<const mre_service *>(offer.table)->ctx, call, parameters, &inner);
  });
  return status > 0 ? store(err, to_error(status, &inner)) : status;
}

} // namespace mre::plugin_host
