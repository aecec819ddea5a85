// See send.hpp.
#include "send.hpp"

#include "arguments.hpp"
#include "crypto.hpp"
#include "object_name.hpp"

#include <algorithm>

namespace imagekit {

namespace {

// Each part is one URL of some 250 bytes in the command, which a model has to carry.
constexpr std::uint64_t kMostParts = 100;

std::uint64_t number_of_parts(const PlaceStat &file, const Relay &relay, const Place &place) {
  const std::uint64_t per_part = relay.max_object_bytes();
  const std::uint64_t parts =
      std::max<std::uint64_t>(1, file.bytes / per_part + (file.bytes % per_part != 0 ? 1 : 0));
  if (parts > kMostParts) {
    throw mre::Error(MRE_TOO_LARGE,
                     place.name() + ": " + size_text(file.bytes) + " need " +
                         std::to_string(parts) + " parts, at most are " +
                         std::to_string(kMostParts),
                     "raise IMAGEKIT_MAX_OBJECT_BYTES if the account's plan takes larger files, or "
                     "pack or split the file");
  }
  return parts;
}

// The digest of a part is the reader's. Only several parts need one that goes through all of them.
class Sender {
public:
  Sender(const Sending &work, const PlaceStat &file, bool has_parts) : work_(work), file_(file) {
    if (has_parts) {
      whole_.emplace();
    }
  }

  SentPart send_part(const PlaceRange &range) {
    StoredObject announced{make_object_name(work_.expires), "", range.bytes, false};
    std::optional<Sha256> whole;
    std::string part;
    const Feed feed = [&](const Output &output) {
      whole = whole_; // once more from the start of this part
      part = read(range, [&](std::string_view bytes) {
        if (whole) {
          whole->add(bytes);
        }
        output(bytes);
      });
    };
    StoredObject stored = work_.relay.store(announced, feed, work_.patience);
    whole_ = std::move(whole);
    return {std::move(stored), std::move(part)};
  }
  std::string sha256_of(const std::vector<SentPart> &parts) const {
    return whole_ ? whole_->hex() : parts.front().sha256;
  }

private:
  std::string read(const PlaceRange &range, const std::function<void(std::string_view)> &give) {
    std::uint64_t at = range.offset;
    if (range.bytes == 0) {
      return sha256_hex({});
    }
    mre::Sink sink([&](std::string_view bytes) {
      give(bytes);
      at += bytes.size();
      work_.call.progress(static_cast<double>(at), static_cast<double>(file_.bytes), "storing");
    });
    PlaceRead done = work_.place.read(range, sink);
    if (done.about.bytes != file_.bytes || done.about.modified != file_.modified) {
      throw mre::Error(MRE_CONFLICT, work_.place.name() + " changed while it was read",
                       "request the download again when nobody writes to it");
    }
    return std::move(done.sha256);
  }

  const Sending &work_;
  const PlaceStat &file_;
  std::optional<Sha256> whole_;
};

} // namespace

Sent send_file(const Sending &work, const PlaceStat &file) {
  const std::uint64_t parts = number_of_parts(file, work.relay, work.place);
  const std::uint64_t per_part = work.relay.max_object_bytes();
  Sender sender(work, file, parts > 1);
  Sent sent;
  try {
    for (std::uint64_t part = 0; part < parts; ++part) {
      const std::uint64_t offset = part * per_part;
      sent.parts.push_back(sender.send_part({offset, std::min(per_part, file.bytes - offset)}));
    }
  } catch (...) {
    for (const SentPart &part : sent.parts) {
      try {
        work.relay.remove(part.object, {}, work.cleaning);
      } catch (const mre::Error &) { // the sweeper finds it by its name
      }
    }
    throw;
  }
  sent.sha256 = sender.sha256_of(sent.parts);
  return sent;
}

} // namespace imagekit
