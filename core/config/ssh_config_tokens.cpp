#include "core/config/ssh_config_tokens.hpp"

#include "core/base/digest.hpp"
#include "core/config/names.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace mre::config {
namespace {

// ssh_config(5), TOKENS.
std::string connection_hash(const SshTokens &tokens) {
  return sha1_hex(tokens.local_host + tokens.address + std::to_string(tokens.port) +
                  tokens.remote_user + tokens.jump_host);
}

// Nothing when there is no such user.
std::optional<std::string> home_of(const std::string &user) {
  std::vector<char> buffer(1U << 14U); // sysconf(_SC_GETPW_R_SIZE_MAX) says 1024 and is a hint
  passwd entry{};
  passwd *found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return std::string(entry.pw_dir);
}

std::optional<std::string> token_value(char token, const SshTokens &tokens) {
  switch (token) {
  case '%':
    return "%";
  case 'C':
    return connection_hash(tokens);
  case 'd':
    return tokens.home;
  case 'h':
    return tokens.address;
  case 'i':
    return std::to_string(::getuid());
  case 'j':
    return tokens.jump_host;
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
  if (text.substr(0, 1) == "~") {
    at = std::min(text.find('/'), text.size());
    const std::string user(text.substr(1, at - 1));
    const auto home = user.empty() ? std::optional(tokens.home) : home_of(user);
    if (!home) {
      return Error{Errc::not_found, shown(text) + " names the home of a user who does not exist",
                   "write the whole path"};
    }
    path = *home;
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
