// See key_file.hpp.
#include "core/ssh/key_file.hpp"

#include "core/base/encoding.hpp"
#include "core/base/file.hpp"
#include "core/guard/limits.hpp"

#include <string.h>

#include <algorithm>
#include <cstring>

namespace mre::ssh {

namespace {

constexpr std::string_view kOpenSshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kOpenSshEnd = "-----END OPENSSH PRIVATE KEY-----";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// PROTOCOL.key of OpenSSH: "openssh-key-v1", a NUL, then the name of the cipher with its length.
Result<bool> is_encrypted_openssh(std::string_view content) {
  const auto begin = content.find(kOpenSshBegin) + kOpenSshBegin.size();
  const auto end = content.find(kOpenSshEnd, begin);
  if (end == std::string_view::npos) {
    return Error{Errc::bad_argument, "the file is cut off", "copy the key file again"};
  }
  std::string base64;
  for (const char c : content.substr(begin, end - begin)) {
    if (c != '\n' && c != '\r' && c != ' ') {
      base64 += c;
    }
  }
  const auto bytes = base64_decode(base64);
  constexpr std::string_view magic("openssh-key-v1\0", 15);
  if (!bytes || !std::string_view(*bytes).starts_with(magic)) {
    return Error{Errc::bad_argument, "the file is damaged", "copy the key file again"};
  }
  return !std::string_view(*bytes).substr(magic.size() + 4).starts_with("none");
}

} // namespace

KeyFile::~KeyFile() {
  ::explicit_bzero(content.data(), content.size());
}

Result<bool> is_encrypted_key(std::string_view content) {
  if (contains(content, kOpenSshBegin)) {
    return is_encrypted_openssh(content);
  }
  if (contains(content, "-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
    return true;
  }
  if (contains(content, "PRIVATE KEY-----")) {
    return contains(content, "Proc-Type: 4,ENCRYPTED");
  }
  if (content.starts_with("PuTTY-User-Key-File")) {
    return Error{Errc::unsupported, "the file is a PuTTY key",
                 "convert it: puttygen KEY.ppk -O private-openssh -o KEY"};
  }
  if (content.starts_with("ssh-") || content.starts_with("ecdsa-") || content.starts_with("sk-")) {
    return Error{Errc::bad_argument, "the file is a public key",
                 "name the private key: the same file without .pub"};
  }
  return Error{Errc::bad_argument, "the file is no private key in OpenSSH or PEM format",
               "check that the setting names a private key"};
}

Result<KeyFile> load_key_file(const std::string &path) {
  auto content = read_file(path, limits::kKeyFileBytes);
  if (!content) {
    switch (content.error().code) {
    case Errc::not_found:
      return Error{Errc::not_found, "no such file", "check the path of the key"};
    case Errc::denied:
      return Error{Errc::denied, "the file cannot be read by this user",
                   "check its owner and mode"};
    default:
      return std::move(content).error();
    }
  }
  KeyFile key;
  key.content = std::move(*content);
  MRE_TRY(key.is_encrypted, is_encrypted_key(key.content));
  return key;
}

} // namespace mre::ssh
