// mre/testing/fake_registry.hpp - what a plugin declares, copied by a fake host.
//
// Promise: registrations outside declare() are refused and noted; one that is wrong spoils the
// whole declaration, also when the plugin ignores that it was told. Threads: any.
#pragma once

#include <mre/ext/cli.h>
#include <mre/ext/content.h>
#include <mre/testing/fake_services.hpp>

#include <algorithm>
#include <cstring>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

inline std::string text_or_empty(const char *text) {
  return text == nullptr ? std::string() : std::string(text);
}

inline mre_status refuse(FakeState &state, mre_error *err, const std::string &why) {
  if (!state.refusal) {
    state.refusal.emplace(MRE_BAD_ARGUMENT, why);
  }
  return store(err, MRE_BAD_ARGUMENT, why);
}
// Runs body(state) for a registration: only inside declare().
template <class F>
mre_status registering(void *ctx, mre_error *err, const char *function, F &&body) {
  FakeState &state = *static_cast<FakeState *>(ctx);
  const std::lock_guard<std::mutex> lock(state.mutex);
  if (!state.is_declaring || state.control_thread != std::this_thread::get_id()) {
    state.blames.push_back(std::string("called ") + function + " outside declare()" +
                           (state.is_declaring ? ", on another thread" : ""));
    return store(err, MRE_DENIED,
                 std::string(function) + " is only possible inside declare(), on its thread");
  }
  return body(state);
}
inline bool is_schema_text(const std::string &text) {
  const json parsed = json::parse(text, nullptr, false);
  return parsed.is_object() || parsed.is_boolean();
}
inline mre_status add_tool(void *ctx, const mre_tool *tool, mre_error *err) {
  return registering(ctx, err, "registry.tool", [&](FakeState &state) {
    DeclaredTool copy;
    std::memcpy(&copy.raw, tool, std::min<std::size_t>(tool->size, sizeof copy.raw));
    copy.name = text_or_empty(copy.raw.name);
    copy.title = text_or_empty(copy.raw.title);
    copy.description = text_or_empty(copy.raw.description);
    copy.input_schema = text_or_empty(copy.raw.input_schema);
    copy.output_schema = text_or_empty(copy.raw.output_schema);
    copy.replaces = text_or_empty(copy.raw.replaces);
    if (copy.name.empty() || copy.description.empty() || copy.raw.invoke == nullptr) {
      return refuse(state, err, "a tool needs a name, a description and invoke");
    }
    if (!is_schema_text(copy.input_schema) ||
        (!copy.output_schema.empty() && !is_schema_text(copy.output_schema))) {
      return refuse(state, err, "a schema of tool '" + copy.name + "' is no JSON Schema");
    }
    for (const auto &other : state.declared.tools) {
      if (other.name == copy.name) {
        return refuse(state, err, "the tool '" + copy.name + "' is declared twice");
      }
    }
    state.declared.tools.push_back(std::move(copy));
    return mre_status{MRE_OK};
  });
}
inline mre_status add_suppression(void *ctx, const mre_suppression *rule, mre_error *err) {
  return registering(ctx, err, "registry.suppress", [&](FakeState &state) {
    mre_suppression raw{};
    std::memcpy(&raw, rule, std::min<std::size_t>(rule->size, sizeof raw));
    state.declared.suppressions.push_back({text_or_empty(raw.selector), text_or_empty(raw.reason),
                                           text_or_empty(raw.instead), raw.required != 0});
    return mre_status{MRE_OK};
  });
}
inline mre_status add_service(void *ctx, const char *id, const void *table, mre_error *err) {
  return registering(ctx, err, "registry.provide", [&](FakeState &state) {
    state.declared.services[text_or_empty(id)] = table;
    return mre_status{MRE_OK};
  });
}
inline mre_registry make_registry(FakeState &state) {
  return {sizeof(mre_registry), 0, &state, add_tool, add_suppression, add_service};
}
inline mre_status add_resource(const mre_registry *registry, const mre_resource *raw,
                               mre_error *err) {
  return registering(registry->ctx, err, "resource.add", [&](FakeState &state) {
    state.declared.resources.push_back({*raw, text_or_empty(raw->uri), text_or_empty(raw->name)});
    return mre_status{MRE_OK};
  });
}
inline mre_status add_prompt(const mre_registry *registry, const mre_prompt *raw, mre_error *err) {
  return registering(registry->ctx, err, "prompt.add", [&](FakeState &state) {
    state.declared.prompts.push_back({*raw, text_or_empty(raw->name)});
    return mre_status{MRE_OK};
  });
}
inline mre_status add_completion(const mre_registry *registry, const mre_completion *raw,
                                 mre_error *err) {
  return registering(registry->ctx, err, "completion.add", [&](FakeState &state) {
    state.declared.completions.push_back(*raw);
    return mre_status{MRE_OK};
  });
}
inline mre_status add_command(const mre_registry *registry, const mre_command *raw,
                              mre_error *err) {
  return registering(registry->ctx, err, "cli.add", [&](FakeState &state) {
    state.declared.commands.push_back({*raw, text_or_empty(raw->name),
                                       text_or_empty(raw->arguments), text_or_empty(raw->summary)});
    return mre_status{MRE_OK};
  });
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
