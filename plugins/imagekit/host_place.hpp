// HostPlace: a file on a host, over SFTP.
//
// Threads and lifetime: as Place.
#pragma once

#include "place.hpp"

namespace imagekit {

class HostPlace : public Place {
public:
  HostPlace(mre::Host host, const mre::Call &call, FarFile file)
      : sftp_(host), call_(call), file_(std::move(file)) {}

  std::string name() const override { return file_.host + ":" + file_.path; }
  std::optional<PlaceStat> stat(const std::string &path) override;
  PlaceWritten write(const PlaceWrite &write, mre::Source &source) override;
  PlaceRead read(const PlaceRange &range, mre::Sink &sink) override;

private:
  mre::Sftp sftp_;
  const mre::Call &call_;
  FarFile file_;
};

} // namespace imagekit
