// Is this the server it says it is? The known_hosts files, with OpenSSH's meaning of them.
//
// Promise: a key that differs from what is recorded, or that is marked @revoked, is refused in
// every mode; an unknown key is refused or recorded, as the host says. A missing file is an empty
// one; a file that cannot be read is an error, never "unknown". Host certificates are not used:
// @cert-authority lines are understood and never taken for the server's own key. Threads: any; the
// files are read anew for each question, so edits count at once.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <string>
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
Result<void> check_host_key(const config::HostConfig &host, const HostKey &key,
                            const Log *log = nullptr);

} // namespace mre::ssh
