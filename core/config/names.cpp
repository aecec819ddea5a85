#include "core/config/names.hpp"

#include "core/base/json.hpp"
#include "core/base/nearest.hpp"
#include "core/base/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace mre::config {
namespace {

constexpr std::string_view kVariables[] = {"I_ACCEPT_RISKS",
                                           "HOST",
                                           "SSH_HOST",
                                           "SSH_PORT",
                                           "SSH_USERNAME",
                                           "SSH_PASSWORD",
                                           "SSH_KEY",
                                           "SSH_KEY_PASSPHRASE",
                                           "SSH_STRICT_HOST_KEY_CHECKING",
                                           "SSH_KNOWN_HOSTS",
                                           "SSH_CONNECT_TIMEOUT",
                                           "TIMEOUT",
                                           "MAX_TIMEOUT",
                                           "CHARACTER_LIMIT",
                                           "MRE_SPOOL_LIMIT",
                                           "MAX_FILE_SIZE",
                                           "TRANSFER_ROOT",
                                           "MRE_HOSTS",
                                           "MRE_SSH_CONFIG",
                                           "MRE_PLUGINS",
                                           "MRE_PLUGINS_OPTIONAL",
                                           "MRE_PLUGIN_DIR",
                                           "MRE_IDLE_TIMEOUT",
                                           "ENABLE_SFTP",
                                           "ENABLE_PROXMOX",
                                           "ENABLE_IMAGEKIT",
                                           "ENABLE_HTTP",
                                           "MRE_TOOLS_DENY",
                                           "MRE_TOOLS_ALLOW",
                                           "MRE_READ_ONLY",
                                           "MRE_LOG",
                                           "MRE_STATE_DIR",
                                           "MRE_AUDIT",
                                           "MRE_ENV_FILE",
                                           "IMAGEKIT_PUBLIC_KEY",
                                           "IMAGEKIT_PRIVATE_KEY",
                                           "IMAGEKIT_URL_ENDPOINT",
                                           "IMAGEKIT_FOLDER",
                                           "IMAGEKIT_TRANSFER_TIMEOUT",
                                           "IMAGEKIT_MAX_OBJECT_BYTES",
                                           "IMAGEKIT_API_VERSION",
                                           "IMAGEKIT_UPLOAD_URL",
                                           "IMAGEKIT_API_URL",
                                           "IMAGEKIT_CA_FILE",
                                           "HTTP_HOST",
                                           "HTTP_PORT",
                                           "HTTP_TOKEN",
                                           "HTTP_ALLOWED_ORIGINS",
                                           "HTTP_TLS_CERT",
                                           "HTTP_TLS_KEY"};

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

const std::vector<std::string> &all_variables() {
  static const std::vector<std::string> names(std::begin(kVariables), std::end(kVariables));
  return names;
}

} // namespace

std::span<const std::string> known_variables() {
  return all_variables();
}

bool is_known_variable(std::string_view name) {
  const auto &names = all_variables();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string nearest_variable(std::string_view word) {
  return nearest_name(word, all_variables());
}

std::string placeholder_in(std::string_view text) {
  for (std::size_t open = text.find("${"); open != std::string_view::npos;
       open = text.find("${", open + 2)) {
    std::size_t end = open + 2;
    while (end < text.size() && is_name_character(text[end])) {
      ++end;
    }
    const bool is_closed =
        text.substr(end, 1) == "}" ||
        (text.substr(end, 2) == ":-" && text.find('}', end) != std::string_view::npos);
    if (end > open + 2 && is_closed) {
      return std::string(text.substr(open + 2, end - open - 2));
    }
  }
  return {};
}

std::string variable_part(std::string_view stem) {
  std::string part;
  for (const char c : stem) {
    const bool is_lower = c >= 'a' && c <= 'z';
    part += is_lower ? static_cast<char>(c - 'a' + 'A') : is_name_character(c) ? c : '_';
  }
  return part;
}

std::string plugin_prefix(std::string_view stem) {
  return "MRE_" + variable_part(stem) + "_";
}

bool is_plugin_digest(std::string_view variable) {
  return variable.starts_with("MRE_PLUGIN_") && variable.ends_with("_SHA256");
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char &c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

std::string shown(std::string_view value) {
  constexpr std::size_t kShownBytes = 80;
  const std::string text = utf8::repair(value);
  const std::size_t bytes = utf8::prefix_bytes(text, kShownBytes);
  return json_quote(std::string_view(text).substr(0, bytes)) + (bytes < text.size() ? "…" : "");
}

std::string one_of(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

} // namespace mre::config
