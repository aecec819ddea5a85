#include "core/plugin_host/instance.hpp"

#include "core/base/utf8.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/code_map.hpp"
#include "core/plugin_host/crash_note.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

#include <cstddef>
#include <thread>
#include <type_traits>
#include <vector>

namespace mre::plugin_host {
namespace {

// Of the time a plugin has for its end, the part its calls get before they are cancelled.
constexpr int kPatienceDivisor = 2;

// The one place that holds what nobody may free any more; never destroyed itself.
void keep_for_ever(std::shared_ptr<Instance> wedged) {
  static auto &kept = *new Guarded<std::vector<std::shared_ptr<Instance>>>();
  kept.with([&](auto &list) { list.push_back(std::move(wedged)); });
}

} // namespace

Instance::Instance(Parts &parts, std::string name, Descriptor descriptor)
    : parts_(parts), name_(std::move(name)), description_(std::move(descriptor.description)),
      functions_(descriptor.functions), handle_{{}, this},
      gate_(description_.id, description_.max_calls), session_(*this), background_(*this) {
  static_assert(std::is_standard_layout_v<Handle> && offsetof(Handle, abi) == 0,
                "a host pointer is a pointer to its handle");
  handle_.abi.size = sizeof handle_.abi;
  handle_.abi.abi_minor = MRE_ABI_MINOR;
  handle_.abi.service = &Instance::service;
  remember_code(description_.id.c_str(), reinterpret_cast<const void *>(functions_.create));
}

Instance::~Instance() = default;

Instance *Instance::from(const mre_host *host) {
  if (host == nullptr) {
    return nullptr;
  }
  Instance *instance = reinterpret_cast<const Handle *>(host)->instance;
  return instance->is_alive() ? instance : nullptr;
}

const void *Instance::service(const mre_host *host, const char *id) noexcept {
  Instance *instance = from(host);
  if (instance == nullptr || id == nullptr) {
    return nullptr;
  }
  if (const void *table = find_host_service(id)) {
    return table;
  }
  return instance->parts().provided.table_for(*instance, id);
}

void Instance::blame(std::string_view what) const {
  parts_.log.warn("plugin_misbehaving", {{"plugin", id()}, {"what", utf8::repair(what)}});
}

mre_status Instance::guarded(std::string_view what, mre_error &err,
                             const std::function<mre_status()> &body) const {
  std::string thrown;
  const std::string doing(what);
  const Running running(description_.id.c_str(), doing.c_str());
  const SignalMask mask;
  const auto mend = [&] {
    for (const std::string &changed : parts_.manners.mend(mask)) {
      blame(doing + " " + changed);
    }
  };
  try {
    const mre_status status = body();
    mend();
    return status;
  } catch (const std::exception &error) {
    thrown = std::string("threw an exception out of ") + std::string(what) + ": " + error.what();
  } catch (...) {
    thrown = std::string("threw something out of ") + std::string(what);
  }
  mend();
  blame(thrown);
  return store(&err, Errc::internal, "plugin " + id() + " " + thrown,
               "this is a defect of the plugin; tell its author");
}

Result<void> Instance::checked(std::string_view what,
                               const std::function<mre_status(mre_error *)> &body) const {
  mre_error err = empty_error();
  const mre_status status = guarded(what, err, [&] { return body(&err); });
  if (status != MRE_OK) {
    return to_error(status, &err);
  }
  return {};
}

Result<void> Instance::create(Json config) {
  const std::string text = dump_json(config);
  config_.with([&](Json &held) { held = std::move(config); });
  is_alive_ = true;
  auto created = checked("create()", [&](mre_error *err) {
    return functions_.create(host(), borrow(text), &self_, err);
  });
  is_alive_ = created.has_value();
  if (!created) {
    background_.end();
  }
  return created;
}

void Instance::open() {
  gate_.open();
  background_.open();
}

Result<Declared> Instance::declare() {
  session_.open();
  auto declared = checked("declare()", [&](mre_error *err) {
    return functions_.declare(self_, session_.registry(), err);
  });
  auto taken = session_.close();
  MRE_TRY_VOID(declared);
  return taken;
}

Result<void> Instance::reconfigure(Json config) {
  const std::string text = dump_json(config);
  MRE_TRY_VOID(checked("reconfigure()", [&](mre_error *err) {
    return functions_.reconfigure(self_, borrow(text), err);
  }));
  config_.with([&](Json &held) { held = std::move(config); });
  return {};
}

Result<void> Instance::start_transport(const DeclaredTransport &transport) {
  return checked("start() of transport " + transport.name,
                 [&](mre_error *err) { return transport.start(transport.ctx, err); });
}

bool Instance::stop_transport(const DeclaredTransport &transport, SteadyTime deadline) {
  if (!is_alive_) {
    return true;
  }
  const std::string what = "stop() of transport " + transport.name;
  return run_bounded(what, deadline, [transport] { transport.stop(transport.ctx); }) ||
         give_up("did not return from " + what);
}

bool Instance::end(SteadyTime deadline) {
  gate_.close();
  if (!is_alive_) {
    return true;
  }
  if (functions_.stop != nullptr &&
      !run_bounded("stop()", deadline, [this] { functions_.stop(self_); })) {
    return give_up("did not return from stop()");
  }
  background_.end();
  const SteadyTime now = parts_.clock.now();
  if (!gate_.wait_idle(now + (deadline - now) / kPatienceDivisor)) {
    ending_.request_stop();
    if (!gate_.wait_idle(deadline)) {
      return give_up("still has " + std::to_string(gate_.inside()) + " calls that do not end");
    }
  }
  background_.join();
  parts_.peers.close_all(*this);
  if (!run_bounded("destroy()", deadline, [this] { functions_.destroy(self_); })) {
    return give_up("did not return from destroy()");
  }
  is_alive_ = false;
  return true;
}

bool Instance::run_bounded(std::string_view what, SteadyTime deadline, std::function<void()> body) {
  struct Progress {
    Guarded<bool> is_done{false};
  };
  const auto progress = std::make_shared<Progress>();
  const auto self = shared_from_this();
  auto thread = std::make_unique<std::thread>(
      [progress, self, what = std::string(what), body = std::move(body)] {
        mre_error err = empty_error();
        static_cast<void>(self->guarded(what, err, [&] {
          body();
          return MRE_OK;
        }));
        progress->is_done.with([](bool &is_done) { is_done = true; });
        progress->is_done.notify_all();
      });
  const bool is_done = progress->is_done.wait_until(
      deadline, [](bool done) { return done; }, [](bool, bool done) { return done; });
  if (is_done) {
    thread->join();
    return true;
  }
  static_cast<void>(thread.release()); // it runs foreign code that nobody can end; joining would
                                       // hang the shutdown as well
  return false;
}

// Whatever of the plugin still runs may touch its host at any time: both stay in memory until the
// process ends.
bool Instance::give_up(std::string_view what) {
  is_alive_ = false;
  blame(what);
  keep_for_ever(shared_from_this());
  return false;
}

} // namespace mre::plugin_host
