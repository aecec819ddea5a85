// mre.resource/1, mre.prompt/1, mre.completion/1 and mre.cli/1.

#include "core/base/encoding.hpp"
#include "core/base/utf8.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

// A registry's session, for a registry that is one of ours.
template <class F>
mre_status with_session(const mre_registry *registry, mre_error *err, F &&body) noexcept {
  DeclareSession *session = DeclareSession::from(registry);
  if (session == nullptr) {
    return store(err, Errc::bad_argument, "no registry");
  }
  try {
    return body(*session);
  } catch (...) {
    return store(err, Errc::internal, "the host ran out of memory");
  }
}

mre_status add_resource(const mre_registry *registry, const mre_resource *resource,
                        mre_error *err) {
  return with_session(registry, err,
                      [&](DeclareSession &session) { return session.add_resource(resource, err); });
}

mre_status add_prompt(const mre_registry *registry, const mre_prompt *prompt, mre_error *err) {
  return with_session(registry, err,
                      [&](DeclareSession &session) { return session.add_prompt(prompt, err); });
}

mre_status add_completion(const mre_registry *registry, const mre_completion *completion,
                          mre_error *err) {
  return with_session(registry, err, [&](DeclareSession &session) {
    return session.add_completion(completion, err);
  });
}

mre_status add_command(const mre_registry *registry, const mre_command *command, mre_error *err) {
  return with_session(registry, err,
                      [&](DeclareSession &session) { return session.add_command(command, err); });
}

mre_status give(mre_call *handle, const char *function, CallKind kind, Json block) {
  return serve_call(handle, function, [&](CallState &call) -> mre_status {
    if (call.kind() != kind) {
      call.plugin().blame(std::string("called ") + function + " for a call of another kind");
      return MRE_BAD_ARGUMENT;
    }
    const auto given = kind == CallKind::resource ? call.add_content(std::move(block))
                                                  : call.set_structured(std::move(block));
    return given ? MRE_OK : to_status(given.error().code);
  });
}

Json contents(mre_str uri, mre_str mime_type, const char *member, std::string value) {
  Json block = {{"uri", utf8::repair(view(uri))}, {member, std::move(value)}};
  if (mime_type.size > 0) {
    block["mimeType"] = utf8::repair(view(mime_type));
  }
  return block;
}

mre_status text(mre_call *call, mre_str uri, mre_str mime_type, mre_str utf8) {
  return give(call, "resource.text", CallKind::resource,
              contents(uri, mime_type, "text", utf8::repair(view(utf8))));
}

mre_status blob(mre_call *call, mre_str uri, mre_str mime_type, mre_str bytes) {
  return give(call, "resource.blob", CallKind::resource,
              contents(uri, mime_type, "blob", base64_encode(view(bytes))));
}

void updated(const mre_host *host, mre_str uri) {
  static_cast<void>(serve(host, nullptr, "resource.updated", [&](Instance &plugin) -> Result<void> {
    if (plugin.parts().resource_updated) {
      plugin.parts().resource_updated(utf8::repair(view(uri)));
    }
    return {};
  }));
}

mre_status prompt_result(mre_call *handle, mre_str json) {
  auto result = parse_json(utf8::repair(view(json)));
  return result ? give(handle, "prompt.result", CallKind::prompt, std::move(*result))
                : mre_status{MRE_BAD_ARGUMENT};
}

} // namespace

const mre_resource_api &resource_service() {
  static const mre_resource_api table = {sizeof table, 0, add_resource, text, blob, updated};
  return table;
}

const mre_prompt_api &prompt_service() {
  static const mre_prompt_api table = {sizeof table, 0, add_prompt, prompt_result};
  return table;
}

const mre_cli_api &cli_service() {
  static const mre_cli_api table = {sizeof table, 0, add_command};
  return table;
}

const mre_completion_api &completion_service() {
  static const mre_completion_api table = {sizeof table, 0, add_completion};
  return table;
}

} // namespace mre::plugin_host
