// ImageKitFetch: one stored object as a stream of bytes, continued where the connection broke.
//
// Promise: gives exactly the size that was announced, or throws. Threads: one. Lifetime: borrows
// the api and the Patience.
#pragma once

#include "imagekit_api.hpp"
#include "relay.hpp"

namespace imagekit {

class ImageKitFetch : public Fetch {
public:
  ImageKitFetch(const ImageKitApi &api, StoredObject object, const Patience &patience);
  std::size_t read(char *buffer, std::size_t capacity) override;

private:
  void open();

  const ImageKitApi &api_;
  StoredObject object_;
  const Patience &patience_;
  std::unique_ptr<HttpResponse> response_;
  std::uint64_t read_bytes_ = 0;
  int openings_ = 0;
};

} // namespace imagekit
