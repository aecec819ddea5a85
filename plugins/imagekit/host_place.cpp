// See host_place.hpp.
#include "host_place.hpp"

namespace imagekit {

std::optional<PlaceStat> HostPlace::stat(const std::string &path) {
  try {
    const mre::RemoteStat found = sftp_.stat(call_, file_.host, path);
    return PlaceStat{found.info.kind, found.info.bytes, found.info.modified, found.real_path};
  } catch (const mre::Error &error) {
    if (error.status() == MRE_NOT_FOUND) {
      return std::nullopt;
    }
    throw;
  }
}

PlaceWritten HostPlace::write(const PlaceWrite &write, mre::Source &source) {
  mre::RemoteWrite request;
  request.host = file_.host;
  request.path = file_.path;
  request.overwrite = write.overwrite;
  request.create_parents = write.create_parents;
  request.permissions = write.permissions;
  request.expected_bytes = write.bytes;
  request.on_temporary = write.on_temporary;
  const mre::RemoteWritten written = sftp_.write(call_, request, source);
  return {written.bytes, written.sha256, written.real_path, written.by_digest, written.permissions};
}

PlaceRead HostPlace::read(const PlaceRange &range, mre::Sink &sink) {
  mre::RemoteRead request;
  request.host = file_.host;
  request.path = file_.path;
  request.offset = range.offset;
  request.max_bytes = range.bytes;
  const mre::RemoteReadDone done = sftp_.read(call_, request, sink);
  return {{done.info.kind, done.info.bytes, done.info.modified, file_.path}, done.sha256};
}

} // namespace imagekit
