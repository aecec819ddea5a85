// The pieces the tools' schemas are made of: those of mre/cpp/schema.hpp under their short names,
// and what all tools on guests share.
//
// Threads: pure functions.
#pragma once

#include "guest.hpp"

#include <mre/plugin.hpp>

namespace proxmox {

using namespace mre::schema;

constexpr int kMostWait = 3600;

inline mre::Schema ctid() {
  return integer(kLowestId, kHighestId);
}
inline mre::Schema guest() {
  return {{"type", {"string", "integer"}}, {"description", "id or name"}};
}
inline mre::Schema wait() {
  return described(with_default(integer(0, kMostWait), 30), "seconds");
}
inline mre::Schema confirm() {
  return truth("true: consent; absent: the person is asked");
}
// What an upload and a download both tell; permissions are those of the file in the container.
inline mre::Schema moved_output() {
  return transfer_output(
      {{"ctid", count()}, {"host", text()}, {"local_path", text()}, {"container_path", text()}});
}

} // namespace proxmox
