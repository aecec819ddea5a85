// See imagekit_fetch.hpp.
#include "imagekit_fetch.hpp"

#include "signing.hpp"

#include <algorithm>
#include <ctime>

namespace imagekit {

namespace {

constexpr int kMostOpenings = 4;
// Only the opening has to fall into it. Both clocks may be wrong by as much.
constexpr std::int64_t kUrlSeconds = 300;
constexpr std::size_t kSkipBytes = 16384;

mre::Error wrong_size(const StoredObject &object, const std::string &what) {
  return {MRE_CONFLICT,
          "ImageKit keeps " + std::to_string(object.bytes) + " bytes of " + object.name +
              " and delivers " + what,
          "confirm again; if it stays so, request a new transfer"};
}

} // namespace

ImageKitFetch::ImageKitFetch(const ImageKitApi &api, StoredObject object, const Patience &patience)
    : api_(api), object_(std::move(object)), patience_(patience) {}

// A server that ignores the range sends everything again; what was read already is skipped.
void ImageKitFetch::open() {
  ++openings_;
  const Settings &settings = api_.settings();
  const std::string url =
      signed_url(settings.url_endpoint, settings.path_of(object_.name),
                 static_cast<std::int64_t>(std::time(nullptr)) + kUrlSeconds, settings.private_key);
  auto response = api_.open(url, read_bytes_, object_.bytes - read_bytes_, patience_);
  const bool is_part = response->status() == 206;
  const std::string length = response->header("Content-Length");
  const std::uint64_t expected = is_part ? object_.bytes - read_bytes_ : object_.bytes;
  if (!length.empty() && length != std::to_string(expected)) {
    throw wrong_size(object_, length + " where " + std::to_string(expected) + " are due");
  }
  const std::string range = response->header("Content-Range");
  if (is_part && range.rfind("bytes " + std::to_string(read_bytes_) + "-", 0) != 0) {
    throw wrong_size(object_, "another part than the one asked for");
  }
  std::string skipped(kSkipBytes, '\0');
  for (std::uint64_t left = is_part ? 0 : read_bytes_; left > 0;) {
    const std::size_t got = response->read(
        skipped.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, skipped.size())));
    if (got == 0) {
      throw wrong_size(object_, "fewer");
    }
    left -= got;
  }
  response_ = std::move(response);
}

std::size_t ImageKitFetch::read(char *buffer, std::size_t capacity) {
  for (;;) {
    try {
      if (response_ == nullptr) {
        open();
      }
      const std::size_t got = response_->read(buffer, capacity);
      read_bytes_ += got;
      if (read_bytes_ > object_.bytes || (got == 0 && read_bytes_ < object_.bytes)) {
        throw wrong_size(object_, got == 0 ? std::to_string(read_bytes_) : "more");
      }
      return got;
    } catch (const TransportFailure &failure) {
      response_.reset();
      if (failure.trouble() != Trouble::cut || openings_ >= kMostOpenings) {
        throw;
      }
    }
  }
}

} // namespace imagekit
