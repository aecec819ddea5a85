// mre/plugin.hpp - the C++17 way to write a plugin: a plain class and one macro.
//
//   class Greeter {
//   public:
//     static mre::About about() {
//       mre::About about;
//       about.id = "org.example.greeter";
//       about.version = "1.0.0";
//       about.title = "Greeter";
//       return about;
//     }
//     Greeter(mre::Host host, const mre::json &config) {}
//     void declare(mre::Registry &registry) {
//       mre::Tool tool;
//       tool.name = "greet";
//       tool.title = "Greet";
//       tool.description = "Says hello.";
//       tool.promises = MRE_READ_ONLY | MRE_CLOSED_WORLD;
//       tool.run = [](const mre::json &, const mre::Call &) {
//         return mre::Reply::of_text("hello");
//       };
//       registry.tool(std::move(tool));
//     }
//   };
//   MRE_PLUGIN(Greeter)
//
// Optional members: void stop() (end background work, do not block), and
// void reconfigure(const mre::json &config).
//
// Promise: no exception leaves the plugin; nothing in here needs linking.
// Threads and lifetime: as in mre/plugin.h.
#pragma once

#include <mre/cpp/arguments.hpp>
#include <mre/cpp/background.hpp>
#include <mre/cpp/basic.hpp>
#include <mre/cpp/call.hpp>
#include <mre/cpp/exec_tool.hpp>
#include <mre/cpp/files.hpp>
#include <mre/cpp/guest_files.hpp>
#include <mre/cpp/local_tree.hpp>
#include <mre/cpp/peer.hpp>
#include <mre/cpp/registry.hpp>
#include <mre/cpp/schema.hpp>
#include <mre/cpp/services.hpp>
#include <mre/cpp/ssh.hpp>
#include <mre/cpp/transfer.hpp>
#include <mre/cpp/typed.hpp>
#include <mre/shell_quote.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

// What a plugin says about itself before it is started.
struct About {
  std::string id, version, title, license, url;
  std::vector<std::string> needs; // service ids without which it cannot work
  std::string config_schema;      // JSON Schema text, or empty: no settings
  std::uint32_t max_calls = 1;    // calls at once; 1 needs no locks
};

// A function of a provided service as a member function void (P::*)(mre_call *, Parameters &):
// its mre_method.
template <auto Member>
struct Method;
template <class P, class Parameters, void (P::*Member)(mre_call *, Parameters &)>
struct Method<Member> {
  static mre_status call(void *ctx, mre_call *call, void *parameters, mre_error *err) noexcept {
    return guarded(err, [&] {
      (static_cast<P *>(ctx)->*Member)(call, *static_cast<Parameters *>(parameters));
    });
  }
};

namespace detail {

template <class P, class = void>
struct HasStop : std::false_type {};
template <class P>
struct HasStop<P, std::void_t<decltype(std::declval<P &>().stop())>> : std::true_type {};
template <class P, class = void>
struct HasReconfigure : std::false_type {};
template <class P>
struct HasReconfigure<
    P, std::void_t<decltype(std::declval<P &>().reconfigure(std::declval<const json &>()))>>
    : std::true_type {};

} // namespace detail

// Turns the class P into the functions of an mre_plugin.
template <class P>
struct Glue {
  struct Box {
    Box(const mre_host *host, const json &config)
        : registry(Host(host)), plugin(Host(host), config) {}
    Registry registry;
    P plugin;
  };

  static mre_status create(const mre_host *host, mre_str config, void **self,
                           mre_error *err) noexcept {
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): guarded() handles it
    return guarded(err, [&] { *self = new Box(host, json::parse(view(config))); });
  }
  static mre_status declare(void *self, const mre_registry *raw, mre_error *err) noexcept {
    auto &box = *static_cast<Box *>(self);
    box.registry.raw_ = raw;
    const mre_status status = guarded(err, [&] { box.plugin.declare(box.registry); });
    box.registry.raw_ = nullptr;
    return status;
  }
  static mre_status reconfigure(void *self, mre_str config, mre_error *err) noexcept {
    return guarded(err, [&] {
      if constexpr (detail::HasReconfigure<P>::value) {
        static_cast<Box *>(self)->plugin.reconfigure(json::parse(view(config)));
      } else {
        throw Error(MRE_UNSUPPORTED, "this plugin cannot change its settings while it runs");
      }
    });
  }
  static void stop(void *self) noexcept {
    static_cast<void>(guarded(nullptr, [&] {
      if constexpr (detail::HasStop<P>::value) {
        static_cast<Box *>(self)->plugin.stop();
      }
    }));
  }
  static void destroy(void *self) noexcept {
    static_cast<void>(guarded(nullptr, [&] { delete static_cast<Box *>(self); }));
  }

  // Made once and kept: the code is never unloaded, and static destructors have no place in a
  // plugin.
  static const mre_plugin *descriptor() noexcept {
    try {
      static const mre_plugin *const kept = make_descriptor();
      return kept;
    } catch (...) {
      return nullptr;
    }
  }

private:
  struct Kept {
    About about;
    std::vector<const char *> needs;
    mre_plugin plugin{};
  };
  static const mre_plugin *make_descriptor() {
    auto &kept = *new Kept{P::about(), {}, {}};
    for (const auto &id : kept.about.needs) {
      kept.needs.push_back(id.c_str());
    }
    kept.needs.push_back(nullptr);
    mre_plugin &plugin = kept.plugin;
    plugin.size = sizeof plugin;
    plugin.abi_minor = MRE_ABI_MINOR;
    plugin.id = kept.about.id.c_str();
    plugin.version = kept.about.version.c_str();
    plugin.title = kept.about.title.c_str();
    plugin.license = kept.about.license.c_str();
    plugin.url = kept.about.url.c_str();
    plugin.needs = kept.needs.data();
    plugin.config_schema =
        kept.about.config_schema.empty() ? nullptr : kept.about.config_schema.c_str();
    plugin.max_calls = kept.about.max_calls;
    plugin.create = &Glue::create;
    plugin.declare = &Glue::declare;
    plugin.reconfigure = detail::HasReconfigure<P>::value ? &Glue::reconfigure : nullptr;
    plugin.stop = &Glue::stop;
    plugin.destroy = &Glue::destroy;
    return &plugin;
  }
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop

#define MRE_PLUGIN(Type)                                                                           \
  extern "C" MRE_EXPORT const mre_plugin *mre_plugin_v1(void) {                                    \
    return ::mre::Glue<Type>::descriptor();                                                        \
  }
