// Is this the server it says it is? The known_hosts files, with OpenSSH's meaning of them.
//
// Promise: a key that differs from what is recorded, or that is marked @revoked, is refused in
// every mode; an unknown key is refused or recorded, as the host says. A missing file is an empty
// one; a file that cannot be read is an error, never "unknown". @cert-authority lines are never
// taken for the server's own key; what their certificates say is judged in host_certificate.hpp.
// Threads: any; the files are read anew for each question, so edits count at once.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

struct HostKey {
  std::string type; // "ssh-ed25519"
  std::string blob; // as it travels in the key exchange, not base64
};

// "SHA256:…" as `ssh-keygen -l` prints it.
std::string fingerprint(const HostKey &key);

// The types of the keys that are recorded for the host, first recorded first, each once. The key
// exchange offers these first: a host known by its ed25519 key must not look changed because it
// also has an RSA key.
Result<std::vector<std::string>> recorded_key_types(const config::HostConfig &host);

// The whole policy. Fails with host_key_unknown, host_key_changed or host_key_revoked and a text
// for people; a key that was recorded on the way is told to the log.
// `certificate_note` says why a certificate did not settle it: "it presented no certificate".
Result<void> check_host_key(const config::HostConfig &host, const HostKey &key,
                            const Log *log = nullptr, std::string_view certificate_note = {});

// The authorities whose certificates count for the host: its @cert-authority lines, but for keys
// that are marked @revoked.
Result<std::vector<HostKey>> authorities_of(const config::HostConfig &host);
// host_key_revoked when the key is marked so; for a key that something else vouches for.
Result<void> check_not_revoked(const config::HostConfig &host, const HostKey &key);

// Whether an unknown key of the host may be recorded on a person's word, and there is a file for
// it: the first of known_hosts_files.
bool may_be_approved(const config::HostConfig &host);

// Records the key on a person's word. Nothing when it is recorded by now; the errors of
// check_host_key when another one is, or when it is revoked.
Result<void> record_host_key(const config::HostConfig &host, const HostKey &key, const Log *log);

} // namespace mre::ssh
