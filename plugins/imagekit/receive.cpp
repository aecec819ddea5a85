// See receive.hpp.
#include "receive.hpp"

#include "arguments.hpp"
#include "crypto.hpp"

namespace imagekit {

namespace {

constexpr const char *kAgain = "request a new upload and run its command unchanged";

// The object as a source for the writer. The digest is compared at its end, before the writer
// renames anything.
class CheckedSource {
public:
  CheckedSource(const Receiving &work, const StoredObject &object)
      : work_(work), object_(object), fetch_(work.relay.fetch(object, work.patience)),
        expected_(work.claim.transfer().sha256) {
    if (expected_) {
      digest_.emplace();
    }
  }

  // Whole buffers: TLS gives at most 16 KiB at once, and the writer keeps so many buffers under
  // way, however full they are.
  std::size_t read(char *buffer, std::size_t capacity) {
    std::size_t got = 0;
    for (std::size_t more = 1; got < capacity && more > 0; got += more) {
      more = fetch_->read(buffer + got, capacity - got);
    }
    if (digest_) {
      digest_->add({buffer, got});
    }
    read_bytes_ += got;
    work_.claim.renew();
    work_.call.progress(static_cast<double>(read_bytes_), static_cast<double>(object_.bytes),
                        "fetching");
    if (got < capacity && digest_ && digest_->hex() != *expected_) {
      mismatch_ = digest_->hex();
      throw mre::Error(MRE_CONFLICT,
                       "SHA-256 of what was uploaded is " + *mismatch_ + ", announced was " +
                           *expected_,
                       "confirm again");
    }
    return got;
  }
  const std::optional<std::string> &mismatch() const { return mismatch_; }

private:
  const Receiving &work_;
  const StoredObject &object_;
  std::unique_ptr<Fetch> fetch_;
  std::optional<std::string> expected_, mismatch_;
  std::optional<Sha256> digest_; // the writer makes one of its own: only where one is awaited
  std::uint64_t read_bytes_ = 0;
};

} // namespace

StoredObject find_upload(const Receiving &work) {
  const Transfer &transfer = work.claim.transfer();
  const auto found = work.relay.find(transfer.objects.front().name, work.patience);
  if (!found) {
    throw mre::Error(MRE_NOT_FOUND,
                     "nothing has been uploaded for transfer " + transfer.id + " under its name",
                     "run the upload_command unchanged but for LOCAL_FILE_PATH, look at what it "
                     "prints, then confirm again");
  }
  return *found;
}

// The object came once; whether it is right is known when all of it was read. When it is wrong, it
// is read a second time: the same wrong bytes twice are what the client stored, others are damage
// on the way, which another try may not meet.
PlaceWritten receive(const Receiving &work, const StoredObject &object) {
  Transfer &transfer = work.claim.transfer();
  const std::size_t leftovers_before = transfer.leftovers.size();
  const auto note = [&](std::string_view path) {
    transfer.leftovers.emplace_back(path);
    work.claim.save();
  };
  const PlaceWrite write{transfer.overwrite, transfer.create_parents, transfer.permissions,
                         object.bytes, note};
  std::optional<std::string> first_mismatch;
  for (;;) {
    CheckedSource checked(work, object);
    mre::Source source(
        [&checked](char *buffer, std::size_t capacity) { return checked.read(buffer, capacity); });
    try {
      PlaceWritten written = work.place.write(write, source);
      transfer.leftovers.resize(leftovers_before); // in place, or removed by this very server
      return written;
    } catch (const mre::Error &error) {
      if (!checked.mismatch()) {
        throw;
      }
      if (first_mismatch == checked.mismatch()) {
        throw WrongObject(error.status(), error.what(), kAgain);
      }
      if (first_mismatch) {
        throw;
      }
      first_mismatch = checked.mismatch();
    }
  }
}

} // namespace imagekit
