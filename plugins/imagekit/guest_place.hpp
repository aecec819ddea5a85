// GuestPlace: a file in a container, through the service that the proxmox plugin offers.
//
// Threads and lifetime: as Place.
#pragma once

#include "place.hpp"

#include <mre/cpp/guest_files.hpp>

namespace imagekit {

class GuestPlace : public Place {
public:
  // Throws unavailable when nobody offers the service.
  GuestPlace(mre::Host host, const mre::Call &call, FarFile file);

  std::string name() const override;
  std::optional<PlaceStat> stat(const std::string &path) override;
  PlaceWritten write(const PlaceWrite &write, mre::Source &source) override;
  PlaceRead read(const PlaceRange &range, mre::Sink &sink) override;

private:
  mre::GuestFiles guests_;
  const mre::Call &call_;
  FarFile file_;
};

} // namespace imagekit
