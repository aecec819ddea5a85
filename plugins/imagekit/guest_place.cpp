// See guest_place.hpp.
#include "guest_place.hpp"

namespace imagekit {

namespace {

mre::GuestFiles find_guests(mre::Host host) {
  try {
    return mre::GuestFiles(host);
  } catch (const mre::Error &error) {
    throw mre::Error(error.status(), "files of containers need the proxmox plugin, which is not on",
                     "set ENABLE_PROXMOX=true, or leave ctid out");
  }
}

} // namespace

GuestPlace::GuestPlace(mre::Host host, const mre::Call &call, FarFile file)
    : guests_(find_guests(host)), call_(call), file_(std::move(file)) {}

std::string GuestPlace::name() const {
  return "container " + std::to_string(*file_.ctid) + " of " + file_.host + ":" + file_.path;
}

// A container that is missing is not_found as well, and must not pass for a free name in it: then
// its root is missing too.
std::optional<PlaceStat> GuestPlace::stat(const std::string &path) {
  try {
    const mre::GuestStat found = guests_.stat(call_, *file_.ctid, file_.host, path);
    return PlaceStat{found.info.kind, found.info.bytes, found.info.modified, found.real_path};
  } catch (const mre::Error &error) {
    if (error.status() != MRE_NOT_FOUND || path == "/") {
      throw;
    }
    guests_.stat(call_, *file_.ctid, file_.host, "/");
    return std::nullopt;
  }
}

PlaceWritten GuestPlace::write(const PlaceWrite &write, mre::Source &source) {
  mre::GuestWrite request;
  request.ctid = *file_.ctid;
  request.file.host = file_.host;
  request.file.path = file_.path;
  request.file.overwrite = write.overwrite;
  request.file.create_parents = write.create_parents;
  request.file.permissions = write.permissions;
  request.file.expected_bytes = write.bytes;
  const mre::GuestWritten written = guests_.write(call_, request, source);
  return {written.bytes, written.sha256, written.real_path, written.by_digest, written.permissions};
}

PlaceRead GuestPlace::read(const PlaceRange &range, mre::Sink &sink) {
  mre::RemoteRead request;
  request.host = file_.host;
  request.path = file_.path;
  request.offset = range.offset;
  request.max_bytes = range.bytes;
  const mre::GuestReadDone done = guests_.read(call_, *file_.ctid, request, sink);
  return {{done.info.kind, done.info.bytes, done.info.modified, file_.path}, done.sha256};
}

} // namespace imagekit
