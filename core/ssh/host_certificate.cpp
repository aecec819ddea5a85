// See host_certificate.hpp.
#include "core/ssh/host_certificate.hpp"

#include "core/base/wildcard.hpp"
#include "core/ssh/signature.hpp"
#include "core/ssh/ssh_string.hpp"

#include <algorithm>
#include <optional>

namespace mre::ssh {

namespace {

constexpr std::uint32_t kHostCertificate = 2;
constexpr std::string_view kTypeSuffix = "-cert-v01@openssh.com";

struct Certificate {
  HostKey key;
  std::uint32_t kind = 0;
  std::vector<std::string> principals;
  std::uint64_t valid_after = 0, valid_before = 0; // seconds since 1970
  bool has_critical_options = false;
  std::string authority; // its key
  std::string_view signed_part;
  std::string signature;
};

// What is the key itself, between the nonce and the serial number: it differs by type.
std::optional<HostKey> read_key(std::string_view type, SshReader &reader) {
  HostKey key;
  key.type = std::string(type.substr(0, type.size() - kTypeSuffix.size()));
  const bool is_ed25519 = key.type == "ssh-ed25519";
  if (!is_ed25519 && key.type != "ssh-rsa" && !key.type.starts_with("ecdsa-sha2-nistp")) {
    return std::nullopt;
  }
  put_string(key.blob, key.type);
  for (int i = 0; i < (is_ed25519 ? 1 : 2); ++i) {
    const auto part = reader.string();
    if (!part) {
      return std::nullopt;
    }
    put_string(key.blob, *part);
  }
  return key;
}

std::optional<std::vector<std::string>> read_list(std::string_view bytes) {
  SshReader reader(bytes);
  std::vector<std::string> list;
  while (!reader.is_empty()) {
    const auto item = reader.string();
    if (!item) {
      return std::nullopt;
    }
    list.emplace_back(*item);
  }
  return list;
}

std::optional<Certificate> read_certificate(std::string_view bytes) {
  SshReader reader(bytes);
  const auto type = reader.string();
  const auto nonce = reader.string();
  if (!type || !nonce || !type->ends_with(kTypeSuffix)) {
    return std::nullopt;
  }
  auto key = read_key(*type, reader);
  reader.skip(8); // the serial number
  const auto kind = reader.number();
  reader.string(); // the name the authority gave it
  const auto principals = read_list(reader.string().value_or("?"));
  const auto after = reader.long_number();
  const auto before = reader.long_number();
  const auto critical = reader.string();
  reader.string(); // extensions
  reader.string(); // reserved
  const auto authority = reader.string();
  const auto signature = reader.string();
  if (!key || !kind || !principals || !after || !before || !critical || !authority || !signature ||
      !reader.is_empty()) {
    return std::nullopt;
  }
  Certificate read{*std::move(key),
                   *kind,
                   *principals,
                   *after,
                   *before,
                   !critical->empty(),
                   std::string(*authority),
                   {},
                   std::string(*signature)};
  read.signed_part = bytes.substr(0, bytes.size() - signature->size() - sizeof(std::uint32_t));
  return read;
}

Error does_not_count(const std::string &reason) {
  return {Errc::host_key_unknown, reason, {}};
}

bool names(const std::vector<std::string> &principals, const std::string &host) {
  return principals.empty() || // PROTOCOL.certkeys: valid for any principal
         std::any_of(principals.begin(), principals.end(), [&](const std::string &principal) {
           return matches_wildcard(ascii_lower(principal), host);
         });
}

} // namespace

Result<HostKey> certified_key(std::string_view certificate, const HostClaim &claim) {
  const auto read = read_certificate(certificate);
  if (!read) {
    return does_not_count("cannot be read");
  }
  const bool is_by_known_authority =
      std::any_of(claim.authorities.begin(), claim.authorities.end(),
                  [&](const HostKey &key) { return key.blob == read->authority; });
  if (!is_by_known_authority) {
    return does_not_count("is by another authority");
  }
  if (!is_signed_by(read->authority, read->signed_part, read->signature)) {
    return does_not_count("has a wrong signature");
  }
  if (read->kind != kHostCertificate) {
    return does_not_count("is one for users, not for hosts");
  }
  if (!names(read->principals, ascii_lower(claim.name))) {
    return does_not_count("is for other names, not for " + claim.name);
  }
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(claim.now.time_since_epoch()).count());
  if (now < read->valid_after) {
    return does_not_count("is not valid yet");
  }
  if (now >= read->valid_before) {
    return does_not_count("has expired");
  }
  if (read->has_critical_options) {
    return does_not_count("has critical options, and none are known");
  }
  return read->key;
}

const std::vector<std::string> &certificate_types() {
  static const std::vector<std::string> types{
      "ssh-ed25519-cert-v01@openssh.com",         "ecdsa-sha2-nistp256-cert-v01@openssh.com",
      "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp521-cert-v01@openssh.com",
      "rsa-sha2-512-cert-v01@openssh.com",        "rsa-sha2-256-cert-v01@openssh.com"};
  return types;
}

} // namespace mre::ssh
