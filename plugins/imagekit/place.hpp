// Place: where a transfer ends or begins on the far side, a host or a container on it.
//
// Promise: writes go to a temporary name, are verified and renamed, and leave nothing behind when
// they fail; reads stream. Threads: one call. Lifetime: borrows the call.
#pragma once

#include "transfer.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace imagekit {

struct PlaceStat {
  int32_t kind = MRE_FILE_OTHER;
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;
  std::string real_path;
};

struct PlaceWrite {
  bool overwrite = false, create_parents = false;
  std::optional<std::uint32_t> permissions;
  std::uint64_t bytes = 0;
  // Gets the path of a temporary file that only this server would remove, before it is made.
  std::function<void(std::string_view)> on_temporary{};
};

struct PlaceWritten {
  std::uint64_t bytes = 0;
  std::string sha256, real_path;
  bool by_digest = false;
  std::uint32_t permissions = 0;
};

struct PlaceRead {
  PlaceStat about; // when it was opened
  std::string sha256;
};

struct PlaceRange {
  std::uint64_t offset = 0, bytes = 0;
};

class Place {
public:
  virtual ~Place() = default;
  virtual std::string name() const = 0; // "web-1:/etc/motd"
  // Nothing when there is nothing. Links are followed.
  virtual std::optional<PlaceStat> stat(const std::string &path) = 0;
  virtual PlaceWritten write(const PlaceWrite &write, mre::Source &source) = 0;
  virtual PlaceRead read(const PlaceRange &range, mre::Sink &sink) = 0;
};

// Throws unavailable when the file is in a container and nobody serves containers.
std::unique_ptr<Place> open_place(mre::Host host, const mre::Call &call, const FarFile &file);

// Before a token is given away: could the file be written now? Throws already_exists, not_found or
// bad_argument.
void check_target(Place &place, const std::string &path, const PlaceWrite &write);

} // namespace imagekit
