// See imagekit_api.hpp.
#include "imagekit_api.hpp"

#include "encoding.hpp"
#include "failures.hpp"
#include "multipart.hpp"
#include "retry.hpp"

#include <charconv>

namespace imagekit {

namespace {

constexpr std::size_t kAnswerBytes = 4U << 20U; // a page of 1000 files is about a megabyte
constexpr const char *kRateReset = "X-RateLimit-Reset";

bool is_success(int status) {
  return status >= 200 && status < 300;
}

mre::json parse(HttpResponse &response, const std::string &what) {
  mre::json body = mre::json::parse(response.text(kAnswerBytes), nullptr, false);
  if (body.is_discarded()) {
    throw mre::Error(MRE_REMOTE_FAILED, "the answer to: " + what + ", is not JSON",
                     "check IMAGEKIT_API_URL and IMAGEKIT_UPLOAD_URL");
  }
  return body;
}

// ImageKit counts a replaced file's versions as "Version 2" and so on.
bool is_later_version(const mre::json &entry) {
  const auto info = entry.find("versionInfo");
  const std::string name = info == entry.end() ? std::string() : text_in(*info, "name");
  constexpr std::string_view kWord = "Version ";
  int number = 1;
  if (name.compare(0, kWord.size(), kWord) == 0) {
    std::from_chars(name.data() + kWord.size(), name.data() + name.size(), number);
  }
  return number > 1;
}

// Runs send() until it is answered well, is not worth it any more, or throws what is no transport
// failure.
template <class Send, class Accept>
std::unique_ptr<HttpResponse> with_retries(const std::string &what, const Patience &patience,
                                           const Send &send, const Accept &accept) {
  for (int number = 1;; ++number) {
    std::optional<mre::Error> failure;
    Attempt attempt{number, 0, {}};
    try {
      auto response = send();
      if (accept(response->status())) {
        return response;
      }
      attempt.status = response->status();
      attempt.rate_reset = response->header(kRateReset);
      failure = failure_of(*response, what);
    } catch (const TransportFailure &error) {
      // Silence, a bad certificate and an unknown name will be the same a moment later.
      if (error.trouble() != Trouble::cut) {
        throw;
      }
      failure =
          mre::Error(error.status(), std::string(error.what()) + ", on: " + what, error.hint());
    }
    const auto wait = wait_before_next(attempt);
    if (!wait) {
      throw mre::Error(*failure);
    }
    patience.pause(*wait);
  }
}

} // namespace

std::string text_in(const mre::json &entry, const char *member) {
  const auto found = entry.is_object() ? entry.find(member) : entry.end();
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

StoredObject read_object(const mre::json &entry) {
  StoredObject object;
  if (entry.is_object()) {
    object.name = text_in(entry, "name");
    object.id = text_in(entry, "fileId");
    const auto size = entry.find("size");
    object.bytes =
        size != entry.end() && size->is_number_unsigned() ? size->get<std::uint64_t>() : 0;
    object.is_replaced = is_later_version(entry);
  }
  // The id becomes part of a path.
  if (object.id.empty() || percent_encode(object.id) != object.id) {
    throw mre::Error(MRE_REMOTE_FAILED, "ImageKit described a file without a usable fileId",
                     "check IMAGEKIT_API_URL and IMAGEKIT_UPLOAD_URL");
  }
  return object;
}

ImageKitApi::ImageKitApi(std::shared_ptr<const Settings> settings)
    : settings_(std::move(settings)), client_(settings_->ca_file, settings_->proxy) {}

std::pair<std::string, std::string> ImageKitApi::authorization() const {
  return {"Authorization", "Basic " + to_base64(settings_->private_key + ":")};
}

std::unique_ptr<HttpResponse> ImageKitApi::run(const Call &call, const Patience &patience) const {
  HttpRequest request;
  request.method = call.method;
  request.url = settings_->api_url + call.path;
  request.headers = {authorization(), {"Accept", "application/json"}};
  if (!call.body.empty()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.head = call.body;
  }
  return with_retries(
      call.what, patience, [&] { return client_.send(request, patience); },
      [&](int status) { return is_success(status) || status == call.also_fine; });
}

mre::json ImageKitApi::read_array(const Call &call, const Patience &patience) const {
  mre::json found = parse(*run(call, patience), call.what);
  if (!found.is_array()) {
    throw mre::Error(MRE_REMOTE_FAILED, "the answer to: " + call.what + ", is no list",
                     "check IMAGEKIT_API_URL");
  }
  return found;
}

mre::json ImageKitApi::find_files(const std::string &name, const Patience &patience) const {
  return read_array({"GET",
                     "/v1/files?path=" + percent_encode(settings_->folder) +
                         "&searchQuery=" + percent_encode("name=\"" + name + "\"") + "&limit=10",
                     "", "look for " + name},
                    patience);
}

mre::json ImageKitApi::list_files(std::size_t skip, std::size_t limit,
                                  const Patience &patience) const {
  return read_array({"GET",
                     "/v1/files?path=" + percent_encode(settings_->folder) +
                         "&limit=" + std::to_string(limit) + "&skip=" + std::to_string(skip),
                     "", "list the folder " + settings_->folder},
                    patience);
}

mre::json ImageKitApi::details(const std::string &file_id, const Patience &patience) const {
  const Call call{"GET", "/v1/files/" + file_id + "/details", "", "look at the file " + file_id};
  return parse(*run(call, patience), call.what);
}

bool ImageKitApi::delete_file(const std::string &file_id, const Patience &patience) const {
  Call call{"DELETE", "/v1/files/" + file_id, "", "delete the file " + file_id};
  call.also_fine = 404;
  return run(call, patience)->status() != 404;
}

void ImageKitApi::purge(const std::string &url, const Patience &patience) const {
  run({"POST", "/v1/files/purge", mre::dump(mre::json{{"url", url}}), "purge the cached copies"},
      patience);
}

std::unique_ptr<HttpResponse> ImageKitApi::open(const std::string &url, std::uint64_t offset,
                                                std::uint64_t expected_bytes,
                                                const Patience &patience) const {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.answer_bytes = expected_bytes;
  if (offset > 0) {
    request.headers.emplace_back("Range", "bytes=" + std::to_string(offset) + "-");
  }
  return with_retries(
      "fetch the stored file", patience, [&] { return client_.send(request, patience); },
      [&](int status) { return status == 200 || (offset > 0 && status == 206); });
}

UploadOutcome ImageKitApi::upload(const UploadWork &work, const Patience &patience) const {
  const std::string what = "store " + work.announced.name;
  const Multipart form({{"fileName", work.announced.name},
                        {"folder", settings_->folder},
                        {"useUniqueFileName", "false"},
                        {"overwriteFile", "false"},
                        {"isPrivateFile", "true"}},
                       work.announced.name);
  HttpRequest request;
  request.method = "POST";
  request.url = settings_->upload_url;
  request.headers = {authorization(), {"Content-Type", form.content_type()}};
  request.head = form.head();
  request.tail = form.tail();
  request.stream = work.feed;
  request.stream_bytes = work.announced.bytes;
  UploadOutcome outcome;
  try {
    const auto response = client_.send(request, patience);
    if (is_success(response->status())) {
      outcome.may_have_arrived = true; // its description may still be lost on the way
      const mre::json answer = parse(*response, what);
      outcome.stored = read_object(answer);
      outcome.folder_path = text_in(answer, "filePath");
      return outcome;
    }
    // A second attempt is refused with 400 when the first one arrived after all: the name is taken.
    outcome.may_have_arrived =
        response->status() >= 500 || (response->status() == 400 && work.attempt > 1);
    outcome.retry_after =
        wait_before_next({work.attempt, response->status(), response->header(kRateReset)});
    outcome.failure = failure_of(*response, what);
  } catch (const TransportFailure &error) {
    outcome.may_have_arrived =
        error.trouble() == Trouble::cut || error.trouble() == Trouble::timed_out;
    if (error.trouble() == Trouble::cut) {
      outcome.retry_after = wait_before_next({work.attempt, 0, {}});
    }
    outcome.failure =
        mre::Error(error.status(), std::string(error.what()) + ", on: " + what, error.hint());
  }
  return outcome;
}

} // namespace imagekit
