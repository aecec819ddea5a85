#include "tools/mre_check/core_view.hpp"

#include "core/base/file.hpp"
#include "core/base/utf8.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/loader.hpp"
#include "core/tools/json_schema.hpp"

namespace mre_check {
namespace {

std::string sentence(const mre::Error &error) {
  return error.hint.empty() ? error.message : error.message + " (" + error.hint + ")";
}

} // namespace

Complaint schema_complaint(const std::string &schema) {
  const auto compiled = mre::tools::JsonSchema::compile(schema);
  return compiled ? Complaint() : Complaint(compiled.error().message);
}

Complaint misfit(const std::string &schema, const Json &value) {
  const auto compiled = mre::tools::JsonSchema::compile(schema);
  if (!compiled) {
    return compiled.error().message;
  }
  const auto fits = (*compiled)->validate(value);
  return fits ? Complaint() : Complaint(fits.error().message);
}

Complaint load_complaint(const std::string &path) {
  const auto loaded = mre::plugin_host::load_file({path, {}});
  return loaded ? Complaint() : Complaint(sentence(loaded.error()));
}

Complaint descriptor_complaint(const std::string &path) {
  const auto described = mre::plugin_host::describe(path);
  if (!described) {
    return sentence(described.error());
  }
  if (described->title.empty()) {
    return "its descriptor has no title";
  }
  const bool is_bundled = described->id.find('.') == std::string::npos;
  const auto allowed = mre::plugin_host::check_id(described->id, described->id, is_bundled);
  return allowed ? Complaint() : Complaint(sentence(allowed.error()));
}

std::optional<std::string> read_whole_file(const std::string &path, std::size_t limit,
                                           std::string &why) {
  auto text = mre::read_file(path, limit);
  if (!text) {
    why = sentence(text.error());
    return std::nullopt;
  }
  return *std::move(text);
}

std::string valid_utf8(const std::string &text) {
  return mre::utf8::repair(text);
}

std::string code_word(std::int32_t status) {
  return std::string(mre::to_word(mre::plugin_host::to_errc(status)));
}

} // namespace mre_check
