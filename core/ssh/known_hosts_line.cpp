// See known_hosts_line.hpp.
#include "core/ssh/known_hosts_line.hpp"

#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"
#include "core/base/wildcard.hpp"

#include <algorithm>

namespace mre::ssh {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kHashMagic = "|1|";
constexpr std::size_t kSha1Bytes = 20; // salt and hash of a hashed name are both one SHA-1 long

// Takes the next word off `rest`; empty when there is none.
std::string_view take_word(std::string_view &rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
  rest.remove_prefix(word.size());
  return word;
}

bool matches_hash(std::string_view hosts, std::string_view name) {
  hosts.remove_prefix(kHashMagic.size());
  const std::size_t bar = hosts.find('|');
  if (bar == std::string_view::npos) {
    return false;
  }
  const auto salt = base64_decode(hosts.substr(0, bar));
  const auto hash = base64_decode(hosts.substr(bar + 1));
  return salt && hash && salt->size() == kSha1Bytes && hmac_sha1(*salt, name) == *hash;
}

// The type a key blob says it is: its first field, a string with a 32-bit length (RFC 4253
// section 6.6).
std::string_view type_inside(std::string_view blob) {
  if (blob.size() < 4) {
    return {};
  }
  std::size_t length = 0;
  for (std::size_t at = 0; at < 4; ++at) {
    length = length << 8U | static_cast<unsigned char>(blob[at]);
  }
  return length <= blob.size() - 4 ? blob.substr(4, length) : std::string_view();
}

} // namespace

std::optional<KnownHostsLine> parse_known_hosts_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
    line.remove_suffix(1);
  }
  KnownHostsLine parsed;
  std::string_view rest = line;
  std::string_view word = take_word(rest);
  if (word.empty() || word.front() == '#') {
    return std::nullopt;
  }
  if (word.front() == '@') {
    if (word == "@cert-authority") {
      parsed.marker = KnownHostsMarker::cert_authority;
    } else if (word == "@revoked") {
      parsed.marker = KnownHostsMarker::revoked;
    } else {
      return std::nullopt;
    }
    word = take_word(rest);
    if (word.empty() || word.front() == '@') { // only one marker can stand on a line
      return std::nullopt;
    }
  }
  parsed.hosts = word;
  parsed.key.type = take_word(rest);
  auto blob = base64_decode(take_word(rest));
  // The type is said twice; a line that contradicts itself is broken.
  if (!blob || parsed.key.type.empty() || type_inside(*blob) != parsed.key.type) {
    return std::nullopt;
  }
  parsed.key.blob = *std::move(blob);
  return parsed;
}

bool is_hashed(std::string_view hosts) {
  return hosts.substr(0, kHashMagic.size()) == kHashMagic;
}

bool names_host(std::string_view hosts, std::string_view name) {
  if (is_hashed(hosts)) {
    return matches_hash(hosts, name);
  }
  return match_pattern_list(ascii_lower(hosts), name) == ListMatch::matched;
}

std::string hash_host_name(std::string_view name) {
  const std::string salt = random_bytes(kSha1Bytes);
  return std::string(kHashMagic) + base64_encode(salt) + '|' + base64_encode(hmac_sha1(salt, name));
}

} // namespace mre::ssh
