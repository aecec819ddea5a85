// See key_file.hpp.
#include "core/ssh/key_file.hpp"

#include "core/base/encoding.hpp"
#include "core/base/file.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/ssh_string.hpp"

#include <algorithm>
#include <cstring>

namespace mre::ssh {

namespace {

constexpr std::string_view kOpenSshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kOpenSshEnd = "-----END OPENSSH PRIVATE KEY-----";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kOpenSshMagic("openssh-key-v1\0", 15);

// What stands between the two lines, from the magic on.
Result<std::string> decoded_openssh(std::string_view content) {
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
  if (!bytes || !std::string_view(*bytes).starts_with(kOpenSshMagic)) {
    return Error{Errc::bad_argument, "the file is damaged", "copy the key file again"};
  }
  return *bytes;
}

// PROTOCOL.key of OpenSSH: "openssh-key-v1", a NUL, then the name of the cipher with its length.
Result<bool> is_encrypted_openssh(std::string_view content) {
  MRE_TRY(const std::string bytes, decoded_openssh(content));
  const std::string_view cipher = std::string_view(bytes).substr(kOpenSshMagic.size() + 4);
  // libssh2 1.11.1 knows AES and 3DES here, and reports this one as a wrong passphrase.
  if (cipher.starts_with("chacha20-poly1305")) {
    return Error{Errc::unsupported,
                 "it is encrypted with chacha20-poly1305, which is not supported",
                 "encrypt it with the usual cipher: ssh-keygen -p -Z aes256-ctr -f KEY"};
  }
  return !cipher.starts_with("none");
}

} // namespace

namespace {

// "ssh-ed25519 AAAA… comment"
std::string blob_of_public_line(std::string_view text) {
  const std::size_t begin = text.find(' ');
  if (begin == std::string_view::npos || begin > text.find('\n')) {
    return {};
  }
  const std::string_view rest = text.substr(begin + 1);
  return base64_decode(rest.substr(0, rest.find_first_of(" \r\n"))).value_or(std::string());
}

// PROTOCOL.key: magic, cipher, key derivation and its options, a count, then the public key.
std::string blob_inside(std::string_view content) {
  const auto bytes = decoded_openssh(content);
  if (!bytes) {
    return {};
  }
  SshReader reader(std::string_view(*bytes).substr(kOpenSshMagic.size()));
  for (int i = 0; i < 3; ++i) {
    reader.string();
  }
  reader.number();
  return std::string(reader.string().value_or(std::string_view()));
}

} // namespace

std::string public_blob_of(const std::string &path) {
  const auto beside = read_file(path + ".pub", limits::kKeyFileBytes);
  if (beside) {
    return blob_of_public_line(*beside);
  }
  const auto content = read_file(path, limits::kKeyFileBytes);
  if (!content) {
    return {};
  }
  return contains(*content, kOpenSshBegin) ? blob_inside(*content) : blob_of_public_line(*content);
}

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
