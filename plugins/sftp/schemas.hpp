// The pieces the tools' schemas are made of: those of mre/cpp/schema.hpp under their short names.
//
// Threads: pure functions.
#pragma once

#include <mre/plugin.hpp>

namespace sftp {

using namespace mre::schema;

// What an upload and a download both tell; permissions are those of the remote file.
inline mre::Schema moved_output() {
  return transfer_output({{"host", text()}, {"local_path", text()}, {"remote_path", text()}});
}

} // namespace sftp
