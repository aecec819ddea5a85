// Sending a file into the relay, in as many objects as it needs.
//
// Promise: all objects together are the file as it was at one moment, or an Error and none of them
// stays behind as far as that can be done now. Threads: one call.
#pragma once

#include "desk.hpp"
#include "place.hpp"

namespace imagekit {

struct Sending {
  Relay &relay;
  Place &place;
  const mre::Call &call;
  const Patience &patience;
  const Patience &cleaning; // goes on when the call was cancelled
  std::int64_t expires = 0;
};

struct SentPart {
  StoredObject object;
  std::string sha256;
};

struct Sent {
  std::vector<SentPart> parts;
  std::string sha256; // of the whole
};

Sent send_file(const Sending &work, const PlaceStat &file);

} // namespace imagekit
