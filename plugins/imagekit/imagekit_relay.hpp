// ImageKitRelay: an ImageKit account as the relay.
//
// Promise: as Relay says. Objects are private, in one folder, under names that are never used
// again. Threads: any. Lifetime: holds its settings.
#pragma once

#include "imagekit_api.hpp"
#include "relay.hpp"

namespace imagekit {

class ImageKitRelay : public Relay {
public:
  explicit ImageKitRelay(std::shared_ptr<const Settings> settings);

  std::uint64_t max_object_bytes() const override;
  std::string upload_command(const UploadOffer &offer) const override;
  std::string download_url(const StoredObject &object, std::int64_t expires) const override;
  std::optional<StoredObject> find(const std::string &name, const Patience &patience) override;
  std::unique_ptr<Fetch> fetch(const StoredObject &object, const Patience &patience) override;
  StoredObject store(const StoredObject &announced, const Feed &feed,
                     const Patience &patience) override;
  void remove(const StoredObject &object, const std::vector<std::string> &known_urls,
              const Patience &patience) override;
  std::vector<StoredObject> list(const Patience &patience) override;

private:
  // Whether a description is of this object in our folder, to the letter.
  bool is_ours(const mre::json &entry, const std::string &name) const;
  std::optional<StoredObject> look_for(const std::string &name, const Patience &patience) const;
  std::optional<StoredObject> arrived(const UploadOutcome &outcome, const StoredObject &announced,
                                      const Patience &patience);

  ImageKitApi api_;
};

} // namespace imagekit
