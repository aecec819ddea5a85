// See place.hpp.
#include "place.hpp"

#include "guest_place.hpp"
#include "host_place.hpp"

namespace imagekit {

namespace {

std::string folder_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || path.substr(0, slash) == "~") {
    return "."; // where the login starts
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

void check_parent(Place &place, const std::string &path) {
  const std::string parent = folder_of(path);
  const auto found = place.stat(parent);
  if (!found) {
    throw mre::Error(MRE_NOT_FOUND, place.name() + ": its folder " + parent + " does not exist",
                     "make the folder, or use create_parents=true");
  }
  if (found->kind != MRE_FILE_DIRECTORY) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/remote_path: " + parent + " is not a folder",
                     "name a file in a folder");
  }
}

} // namespace

void check_target(Place &place, const std::string &path, const PlaceWrite &write) {
  if (!path.empty() && path.back() == '/') {
    throw mre::Error(MRE_BAD_ARGUMENT, "/remote_path: " + path + " names a folder",
                     "add the file's name");
  }
  const auto found = place.stat(path);
  if (!found) {
    if (!write.create_parents) {
      check_parent(place, path);
    }
    return;
  }
  if (found->kind != MRE_FILE_REGULAR) {
    throw mre::Error(
        MRE_BAD_ARGUMENT,
        "/remote_path: " + place.name() +
            (found->kind == MRE_FILE_DIRECTORY ? " is a folder" : " is not a regular file"),
        "name a file");
  }
  if (!write.overwrite) {
    throw mre::Error(MRE_ALREADY_EXISTS, place.name() + " exists already",
                     "use overwrite=true to replace it, or another path");
  }
}

std::unique_ptr<Place> open_place(mre::Host host, const mre::Call &call, const FarFile &file) {
  if (file.ctid) {
    return std::make_unique<GuestPlace>(host, call, file);
  }
  return std::make_unique<HostPlace>(host, call, file);
}

} // namespace imagekit
