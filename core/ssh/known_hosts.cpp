// See known_hosts.hpp.
#include "core/ssh/known_hosts.hpp"

#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"
#include "core/base/file.hpp"
#include "core/base/unique_fd.hpp"
#include "core/base/wildcard.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/known_hosts_line.hpp"

#include <mre/shell_quote.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

namespace mre::ssh {

namespace {

constexpr std::uint16_t kSshPort = 22;

struct KnownKey {
  KnownHostsLine line;
  std::string file;
  std::size_t number = 0; // of the line, from 1
};

// What the files say of one host.
struct Records {
  std::vector<KnownKey> named;    // under the name it is looked up by
  std::vector<KnownKey> portless; // under the bare name, when the port is not 22
  bool first_file_hashed = false;
};

// The name a host is looked up by: an alias as it is, else the address, with the port when it is
// not 22.
std::string lookup_name(const config::HostConfig &host) {
  if (!host.host_key_alias.empty()) {
    return ascii_lower(host.host_key_alias);
  }
  if (host.port == kSshPort) {
    return ascii_lower(host.address);
  }
  return '[' + ascii_lower(host.address) + "]:" + std::to_string(host.port);
}

// OpenSSH also accepts a key that is recorded for the bare name, from before ports were part of it.
std::string portless_name(const config::HostConfig &host) {
  return host.host_key_alias.empty() && host.port != kSshPort ? ascii_lower(host.address)
                                                              : std::string();
}

std::string endpoint(const config::HostConfig &host) {
  const bool is_ipv6 = host.address.find(':') != std::string::npos;
  std::string text = is_ipv6 ? '[' + host.address + ']' : host.address;
  text += ':' + std::to_string(host.port);
  if (!host.host_key_alias.empty()) {
    text += " (looked up as " + host.host_key_alias + ")";
  }
  return text;
}

std::string describe(const HostKey &key) {
  return key.type + ' ' + fingerprint(key);
}

std::string place(const KnownKey &known) {
  return known.file + " line " + std::to_string(known.number);
}

// The content of a known_hosts file; empty when there is no such file.
Result<std::string> read_known_hosts(const std::string &path) {
  auto content = read_file(path, limits::kKnownHostsBytes);
  if (content) {
    return content;
  }
  if (content.error().code == Errc::not_found) {
    return std::string();
  }
  Error error = std::move(content).error();
  error.hint =
      "make the known hosts file readable for the user this server runs as, or name another one "
      "(SSH_KNOWN_HOSTS)";
  return error;
}

Result<Records> find_records(const config::HostConfig &host) {
  const std::string name = lookup_name(host);
  const std::string portless = portless_name(host);
  Records records;
  for (std::size_t index = 0; index < host.known_hosts_files.size(); ++index) {
    const std::string &file = host.known_hosts_files[index];
    MRE_TRY(const std::string content, read_known_hosts(file));
    std::string_view rest = content;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::string_view text = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(text.size() + 1, rest.size()));
      auto line = parse_known_hosts_line(text);
      if (!line) {
        continue;
      }
      records.first_file_hashed =
          records.first_file_hashed || (index == 0 && is_hashed(line->hosts));
      if (names_host(line->hosts, name)) {
        records.named.push_back({*std::move(line), file, number});
      } else if (!portless.empty() && names_host(line->hosts, portless)) {
        records.portless.push_back({*std::move(line), file, number});
      }
    }
  }
  return records;
}

const KnownKey *find_key(const std::vector<KnownKey> &entries, KnownHostsMarker marker,
                         const HostKey &key) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const KnownKey &known) {
    return known.line.marker == marker && known.line.key.blob == key.blob;
  });
  return found == entries.end() ? nullptr : &*found;
}

// The recorded key to name when the server's differs: one of the same type if there is one.
const KnownKey *find_other_key(const std::vector<KnownKey> &entries, const HostKey &key) {
  const KnownKey *other = nullptr;
  for (const KnownKey &known : entries) {
    if (known.line.marker != KnownHostsMarker::none) {
      continue;
    }
    if (other == nullptr || (other->line.key.type != key.type && known.line.key.type == key.type)) {
      other = &known;
    }
  }
  return other;
}

Error revoked(const config::HostConfig &host, const HostKey &key, const KnownKey &known) {
  return Error{Errc::host_key_revoked,
               "the host key of " + endpoint(host) + " (" + describe(key) +
                   ") is marked @revoked in " + place(known),
               "do not use this server until it has a new host key; if the mark is a mistake, "
               "remove that line"};
}

Error changed(const config::HostConfig &host, const HostKey &key, const KnownKey &known) {
  return Error{Errc::host_key_changed,
               "the host key of " + endpoint(host) + " has changed: it presented " + describe(key) +
                   ", but " + place(known) + " records " + describe(known.line.key),
               "the server was reinstalled, or someone is in between. Compare the fingerprint at "
               "the server's own console; only if "
               "it is right there, remove the old key: ssh-keygen -R " +
                   shell_quote(lookup_name(host)) + " -f " + shell_quote(known.file)};
}

Error unknown(const config::HostConfig &host, const HostKey &key, const Records &records,
              std::string_view certificate_note) {
  const std::string port = std::to_string(host.port);
  std::string files;
  for (const std::string &file : host.known_hosts_files) {
    files += (files.empty() ? "" : " or ") + file;
  }
  std::string message = "the host key of " + endpoint(host) + " is not known: " + describe(key) +
                        " is not recorded in " +
                        (files.empty() ? std::string("any file (none is configured)") : files);
  const auto is_authority = [](const KnownKey &known) {
    return known.line.marker == KnownHostsMarker::cert_authority;
  };
  if (std::any_of(records.named.begin(), records.named.end(), is_authority) ||
      std::any_of(records.portless.begin(), records.portless.end(), is_authority)) {
    message += " (only a @cert-authority is, and ";
    message += certificate_note.empty() ? "no certificate was asked for" : certificate_note;
    message += ")";
  }
  const std::string target = shell_quote(host.user + '@' + host.address);
  std::string hint = "compare the fingerprint at the server's own console, then record it: connect "
                     "once with `ssh -p " +
                     port;
  if (host.host_key_alias.empty()) {
    hint += ' ' + target + '`';
    if (!host.known_hosts_files.empty()) {
      hint += ", or `ssh-keyscan -p " + port + ' ' + shell_quote(host.address) + " >> " +
              shell_quote(host.known_hosts_files.front()) + '`';
    }
  } else {
    hint += " -o HostKeyAlias=" + shell_quote(host.host_key_alias) + ' ' + target + '`';
  }
  hint += "; or set SSH_STRICT_HOST_KEY_CHECKING=accept-new to record unknown keys without asking";
  return Error{Errc::host_key_unknown, std::move(message), std::move(hint)};
}

// A name that reads as a pattern, a list, a marker or a comment in plain text is written hashed.
bool is_plain_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("*?!,|@#").find(c) == std::string_view::npos;
  });
}

Result<void> append_line(const std::string &path, std::string line) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    const std::string folder = path.substr(0, slash);
    if (::access(folder.c_str(), F_OK) != 0) {
      MRE_TRY_VOID(make_private_directory(folder));
    }
  }
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file) {
    return error_from_errno(errno, "cannot open " + path);
  }
  struct stat info {};
  char last = '\n';
  if (::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
      ::pread(file.get(), &last, 1, info.st_size - 1) == 1 && last != '\n') {
    line.insert(line.begin(), '\n'); // else the new key would become a comment of the last one
  }
  // One write of one line: processes that record at the same time do not mix.
  const ssize_t written = ::write(file.get(), line.data(), line.size());
  if (written < 0) {
    return error_from_errno(errno, "cannot write " + path);
  }
  if (static_cast<std::size_t>(written) != line.size()) {
    return error_from_errno(ENOSPC, "cannot write " + path);
  }
  return {};
}

Result<void> record(const config::HostConfig &host, const HostKey &key, bool hashed) {
  if (host.known_hosts_files.empty() || !host.records_host_keys) {
    return Error{Errc::host_key_unknown,
                 "the host key of " + endpoint(host) + " (" + describe(key) +
                     ") cannot be recorded: no known hosts file is configured",
                 "set SSH_KNOWN_HOSTS"};
  }
  const std::string name = lookup_name(host);
  const std::string hosts = hashed || !is_plain_name(name) ? hash_host_name(name) : name;
  auto appended = append_line(host.known_hosts_files.front(),
                              hosts + ' ' + key.type + ' ' + base64_encode(key.blob) + '\n');
  if (!appended) {
    // Accepting without recording would accept anything next time as well.
    Error error = appended.error().within("the host key of " + endpoint(host) + " (" +
                                          describe(key) + ") cannot be recorded");
    error.hint = "name a known hosts file that this server may write (SSH_KNOWN_HOSTS), or record "
                 "the key by other means";
    return error;
  }
  return {};
}

} // namespace

std::string fingerprint(const HostKey &key) {
  const std::string hex = sha256_hex(key.blob);
  const auto nibble = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  std::string digest;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    digest += static_cast<char>(nibble(hex[at]) << 4U | nibble(hex[at + 1]));
  }
  std::string text = base64_encode(digest);
  text.erase(text.find_last_not_of('=') + 1); // ssh-keygen prints no padding
  return "SHA256:" + text;
}

Result<std::vector<std::string>> recorded_key_types(const config::HostConfig &host) {
  MRE_TRY(const Records records, find_records(host));
  std::vector<std::string> types;
  for (const auto *entries : {&records.named, &records.portless}) {
    for (const KnownKey &known : *entries) {
      if (known.line.marker == KnownHostsMarker::none &&
          std::find(types.begin(), types.end(), known.line.key.type) == types.end()) {
        types.push_back(known.line.key.type);
      }
    }
    if (!types.empty()) {
      break;
    }
  }
  return types;
}

namespace {

// The host itself is known: the key is recorded, or another one is, or the key is revoked. Nothing
// when nothing is recorded of it.
std::optional<Result<void>> verdict_of_records(const config::HostConfig &host, const HostKey &key,
                                               const Records &records) {
  for (const auto *entries : {&records.named, &records.portless}) {
    if (const KnownKey *known = find_key(*entries, KnownHostsMarker::revoked, key)) {
      return revoked(host, key, *known);
    }
  }
  if (find_key(records.named, KnownHostsMarker::none, key) != nullptr) {
    return Result<void>();
  }
  if (const KnownKey *other = find_other_key(records.named, key)) {
    return changed(host, key, *other);
  }
  if (find_key(records.portless, KnownHostsMarker::none, key) != nullptr) {
    return Result<void>();
  }
  return std::nullopt;
}

Result<void> record_and_tell(const config::HostConfig &host, const HostKey &key,
                             const Records &records, const Log *log) {
  MRE_TRY_VOID(record(host, key, host.hash_known_hosts.value_or(records.first_file_hashed)));
  if (log != nullptr) {
    log->warn("host_key_recorded", {{"host", host.name},
                                    {"address", endpoint(host)},
                                    {"type", key.type},
                                    {"fingerprint", fingerprint(key)},
                                    {"file", host.known_hosts_files.front()}});
  }
  return {};
}

} // namespace

Result<void> check_host_key(const config::HostConfig &host, const HostKey &key, const Log *log,
                            std::string_view certificate_note) {
  MRE_TRY(const Records records, find_records(host));
  if (const auto verdict = verdict_of_records(host, key, records)) {
    return *verdict;
  }
  if (host.unknown_host_key != config::UnknownHostKey::accept_and_record) {
    return unknown(host, key, records, certificate_note);
  }
  return record_and_tell(host, key, records, log);
}

Result<std::vector<HostKey>> authorities_of(const config::HostConfig &host) {
  MRE_TRY(const Records records, find_records(host));
  std::vector<HostKey> authorities;
  for (const auto *entries : {&records.named, &records.portless}) {
    for (const KnownKey &known : *entries) {
      if (known.line.marker == KnownHostsMarker::cert_authority &&
          find_key(records.named, KnownHostsMarker::revoked, known.line.key) == nullptr &&
          find_key(records.portless, KnownHostsMarker::revoked, known.line.key) == nullptr) {
        authorities.push_back(known.line.key);
      }
    }
  }
  return authorities;
}

Result<void> check_not_revoked(const config::HostConfig &host, const HostKey &key) {
  MRE_TRY(const Records records, find_records(host));
  for (const auto *entries : {&records.named, &records.portless}) {
    if (const KnownKey *known = find_key(*entries, KnownHostsMarker::revoked, key)) {
      return revoked(host, key, *known);
    }
  }
  return {};
}

bool may_be_approved(const config::HostConfig &host) {
  return host.unknown_host_key == config::UnknownHostKey::refuse && host.records_host_keys &&
         !host.known_hosts_files.empty();
}

Result<void> record_host_key(const config::HostConfig &host, const HostKey &key, const Log *log) {
  MRE_TRY(const Records records, find_records(host));
  if (const auto verdict = verdict_of_records(host, key, records)) {
    return *verdict;
  }
  return record_and_tell(host, key, records, log);
}

} // namespace mre::ssh
