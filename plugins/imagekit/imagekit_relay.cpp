// See imagekit_relay.hpp.
#include "imagekit_relay.hpp"

#include "commands.hpp"
#include "crypto.hpp"
#include "imagekit_fetch.hpp"
#include "signing.hpp"

#include <ctime>

namespace imagekit {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kMostListed = 20000; // beyond that somebody else's files are in our folder
// ImageKit's search learns of a new file a moment after the upload was answered.
constexpr int kLooks = 3;
constexpr std::chrono::milliseconds kBetweenLooks{400};

// "25mb", "13kb": as ImageKit writes sizes in conditions, rounded up; the exact size is checked
// when the file is fetched.
std::string size_condition(std::uint64_t max_bytes) {
  constexpr std::uint64_t kKilo = 1000;
  constexpr std::uint64_t kMega = 1000 * kKilo;
  const std::string size = max_bytes % kMega == 0 && max_bytes > 0
                               ? std::to_string(max_bytes / kMega) + "mb"
                               : std::to_string((max_bytes + kKilo - 1) / kKilo) + "kb";
  return R"("file.size" <= ")" + size + "\"";
}

// Lists hold folders as well; a description without a type is a file's.
bool is_file(const mre::json &entry) {
  const std::string type = text_in(entry, "type");
  return type.empty() || type == "file";
}

std::string parent_of(const std::string &file_path) {
  const std::size_t slash = file_path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : file_path.substr(0, slash);
}

} // namespace

ImageKitRelay::ImageKitRelay(std::shared_ptr<const Settings> settings)
    : api_(std::move(settings)) {}

std::uint64_t ImageKitRelay::max_object_bytes() const {
  return api_.settings().max_object_bytes;
}

std::string ImageKitRelay::upload_command(const UploadOffer &offer) const {
  const Settings &settings = api_.settings();
  UploadForm form{settings.upload_url, offer.object_name, {}};
  form.fields = {{"fileName", offer.object_name},
                 {"folder", settings.folder},
                 {"useUniqueFileName", "false"},
                 {"overwriteFile", "false"},
                 {"isPrivateFile", "true"}};
  if (settings.api_version == ApiVersion::v2) {
    form.fields.emplace_back("checks", size_condition(offer.max_bytes));
    const auto now = static_cast<std::int64_t>(std::time(nullptr));
    form.fields.emplace_back("token", upload_token(settings.public_key, settings.private_key,
                                                   form.fields, {now, offer.expires}));
  } else {
    const std::string token = random_uuid();
    form.fields.emplace_back("publicKey", settings.public_key);
    form.fields.emplace_back("signature",
                             upload_signature(settings.private_key, token, offer.expires));
    form.fields.emplace_back("expire", std::to_string(offer.expires));
    form.fields.emplace_back("token", token);
  }
  return render_upload(form);
}

std::string ImageKitRelay::download_url(const StoredObject &object, std::int64_t expires) const {
  const Settings &settings = api_.settings();
  return signed_url(settings.url_endpoint, settings.path_of(object.name), expires,
                    settings.private_key);
}

bool ImageKitRelay::is_ours(const mre::json &entry, const std::string &name) const {
  return text_in(entry, "name") == name &&
         text_in(entry, "filePath") == "/" + api_.settings().path_of(name) && is_file(entry);
}

// The search may hold an old copy of a description; the details are the file's own.
std::optional<StoredObject> ImageKitRelay::look_for(const std::string &name,
                                                    const Patience &patience) const {
  std::optional<StoredObject> found;
  for (const mre::json &entry : api_.find_files(name, patience)) {
    if (!is_ours(entry, name)) {
      continue;
    }
    const mre::json details = api_.details(read_object(entry).id, patience);
    if (is_ours(details, name)) {
      const bool is_second = found.has_value();
      found = read_object(details);
      found->is_replaced = found->is_replaced || is_second;
    }
  }
  return found;
}

std::optional<StoredObject> ImageKitRelay::find(const std::string &name, const Patience &patience) {
  for (int look = 1;; ++look) {
    if (auto found = look_for(name, patience)) {
      return found;
    }
    if (look == kLooks) {
      return std::nullopt;
    }
    patience.pause(kBetweenLooks * look);
  }
}

std::unique_ptr<Fetch> ImageKitRelay::fetch(const StoredObject &object, const Patience &patience) {
  return std::make_unique<ImageKitFetch>(api_, object, patience);
}

// What became of an upload, by its answer or by a look.
std::optional<StoredObject> ImageKitRelay::arrived(const UploadOutcome &outcome,
                                                   const StoredObject &announced,
                                                   const Patience &patience) {
  if (outcome.stored && outcome.stored->name == announced.name &&
      outcome.folder_path == "/" + api_.settings().path_of(announced.name)) {
    return outcome.stored;
  }
  if (outcome.stored) { // under a name nobody knows: it must not stay
    api_.delete_file(outcome.stored->id, patience);
    throw mre::Error(MRE_CONFLICT,
                     "ImageKit stored " + announced.name + " as " + outcome.folder_path,
                     "IMAGEKIT_FOLDER may hold only what ImageKit keeps as it is: letters, digits, "
                     "/ _ -");
  }
  if (!outcome.may_have_arrived) {
    return std::nullopt;
  }
  // When it is sent again although it arrived, the name is taken and the answer says so.
  return outcome.retry_after ? look_for(announced.name, patience) : find(announced.name, patience);
}

StoredObject ImageKitRelay::store(const StoredObject &announced, const Feed &feed,
                                  const Patience &patience) {
  for (int attempt = 1;; ++attempt) {
    const UploadOutcome outcome = api_.upload({announced, &feed, attempt}, patience);
    if (const auto stored = arrived(outcome, announced, patience)) {
      if (stored->bytes == announced.bytes) {
        return *stored;
      }
      api_.delete_file(stored->id, patience);
      throw mre::Error(MRE_CONFLICT,
                       "ImageKit stored " + std::to_string(stored->bytes) + " of " +
                           std::to_string(announced.bytes) + " bytes",
                       "request the download again");
    }
    if (!outcome.failure || !outcome.retry_after) {
      throw outcome.failure.value_or(mre::Error(MRE_REMOTE_FAILED,
                                                announced.name + " was accepted and is not there",
                                                "request the download again"));
    }
    patience.pause(*outcome.retry_after);
  }
}

void ImageKitRelay::remove(const StoredObject &object, const std::vector<std::string> &known_urls,
                           const Patience &patience) {
  api_.delete_file(object.id, patience);
  // Deleting does not empty the delivery network's caches, and how they treat the query is not
  // said: both the plain address and those that were handed out.
  const Settings &settings = api_.settings();
  api_.purge(settings.url_endpoint + "/" + settings.path_of(object.name), patience);
  for (const std::string &url : known_urls) {
    try {
      api_.purge(url, patience);
    } catch (const mre::Error &error) { // the plain address was accepted; this one is to be sure
      if (error.status() == MRE_CANCELLED) {
        throw;
      }
    }
  }
}

std::vector<StoredObject> ImageKitRelay::list(const Patience &patience) {
  std::vector<StoredObject> objects;
  for (std::size_t skip = 0; skip < kMostListed; skip += kPage) {
    const mre::json page = api_.list_files(skip, kPage, patience);
    for (const mre::json &entry : page) {
      if (is_file(entry) && parent_of(text_in(entry, "filePath")) == api_.settings().folder) {
        objects.push_back(read_object(entry));
      }
    }
    if (page.size() < kPage) {
      break;
    }
  }
  return objects;
}

} // namespace imagekit
