// The SHA-256 of a remote file, computed where the file is.
//
// Threads: any that may block. Lifetime: the engine outlives the call.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/engine.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace mre::ssh {

struct DigestRequest {
  std::string path;
  std::uint64_t offset = 0;           // from there to the end …
  std::optional<std::uint64_t> bytes; // … or this many bytes
  Milliseconds timeout{30000};
};

// `sha256sum` on the host. unsupported: the host has no such tool (or no shell to run it in);
// remote_failed: it failed, in its own words.
Result<std::string> remote_sha256(Engine &engine, const config::HostConfig &host,
                                  const DigestRequest &request, std::stop_token stop);

} // namespace mre::ssh
