// Files inside a container: streamed through pct exec, without a copy on the node.
//
// Promise: a write goes to a temporary name that only root can read, is verified, gets its
// permissions and owner and is renamed; on any failure nothing is left and nothing was replaced,
// also when the connection breaks in the middle. pct push and pull are not used: they succeed
// silently with half a file. Threads: a call's own.
#pragma once

#include "cluster.hpp"
#include "container.hpp"

#include <mre/plugin.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace proxmox {

struct GuestWriteRequest {
  mre::RemoteWrite file;       // host is not used; max_bytes 0 is no limit here
  std::string expected_sha256; // other bytes are not put in place; empty: any
  mre_source source{};
};

struct GuestReadRequest {
  mre::RemoteRead file;      // host is not used
  std::uint64_t largest = 0; // a file of more is too_large before bytes move; 0: no limit
  int32_t verify = MRE_VERIFY_AUTO;
  std::function<bool(std::string_view)> content;
};

struct GuestReadResult : mre::RemoteReadDone {
  std::string real_path;
  bool by_digest = false;
};

mre::RemoteStat stat_in(const Container &container, const std::string &path);
mre::RemoteWritten write_in(const Container &container, const GuestWriteRequest &request);
GuestReadResult read_in(const Container &container, const GuestReadRequest &request);

} // namespace proxmox
