#include "core/config/ssh_config_tokens.hpp"

#include "core/config/names.hpp"

#include <unistd.h>

#include <optional>

namespace mre::config {
namespace {

std::optional<std::string> token_value(char token, const SshTokens &tokens) {
  switch (token) {
  case '%':
    return "%";
  case 'd':
    return tokens.home;
  case 'h':
    return tokens.address;
  case 'i':
    return std::to_string(::getuid());
  case 'k':
    return tokens.key_alias;
  case 'L':
    return tokens.local_host.substr(0, tokens.local_host.find('.'));
  case 'l':
    return tokens.local_host;
  case 'n':
    return tokens.original_host;
  case 'p':
    return std::to_string(tokens.port);
  case 'r':
    return tokens.remote_user;
  case 'u':
    return tokens.local_user;
  default:
    return std::nullopt;
  }
}

Error unknown_token(std::string_view text, std::size_t at) {
  return {Errc::unsupported,
          shown(text) + " holds the token " + shown(text.substr(at, 2)) +
              ", which is not supported here",
          "write the value without it"};
}

} // namespace

Result<std::string> expand_ssh_path(std::string_view text, const SshTokens &tokens) {
  std::string path;
  std::size_t at = 0;
  if (text == "~" || text.substr(0, 2) == "~/") {
    path = tokens.home;
    at = 1;
  } else if (!text.empty() && text.front() == '~') {
    return Error{Errc::unsupported, shown(text) + " names another user's home",
                 "write the whole path"};
  }
  while (at < text.size()) {
    if (text[at] == '%') {
      const auto value =
          at + 1 < text.size() ? token_value(text[at + 1], tokens) : std::optional<std::string>();
      if (!value) {
        return unknown_token(text, at);
      }
      path += *value;
      at += 2;
    } else if (text.substr(at, 2) == "${") {
      const std::size_t end = text.find('}', at);
      const std::string name(text.substr(at + 2, end == text.npos ? 0 : end - at - 2));
      const bool is_set = tokens.variables != nullptr && tokens.variables->count(name) != 0;
      if (!is_set) {
        return Error{Errc::not_found, shown(text) + " names a variable that is not set: " + name,
                     "set it for this server, or write the value"};
      }
      path += tokens.variables->at(name);
      at = end + 1;
    } else {
      path += text[at++];
    }
  }
  return path;
}

Result<std::string> expand_host_name(std::string_view text, std::string_view host) {
  std::string name;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      name += text[at];
      continue;
    }
    const char token = at + 1 < text.size() ? text[at + 1] : '\0';
    if (token != 'h' && token != '%') {
      return unknown_token(text, at);
    }
    name += token == 'h' ? std::string(host) : std::string("%");
    ++at;
  }
  return name;
}

} // namespace mre::config
