// ImageKitApi: the calls of ImageKit that need the private key, each with its retries.
//
// Promise: the key travels in the Authorization header and nowhere else; calls that may be repeated
// are, a few times, on 408, 429 (after as many milliseconds as the service says), 5xx and broken
// connections; everything else throws mre::Error with the service's own words. upload() sends once:
// whether to send again is the caller's question. Threads: any. Lifetime: borrows nothing.
#pragma once

#include "http.hpp"

#include <optional>
#include <string>

namespace imagekit {

struct UploadOutcome {
  std::optional<StoredObject> stored; // as the service describes it
  std::string folder_path;            // the filePath it gave
  // Otherwise: the failure, and when sending again may help, unless it arrived after all.
  std::optional<mre::Error> failure;
  std::optional<std::chrono::milliseconds> retry_after;
  bool may_have_arrived = false;
};

struct UploadWork {
  StoredObject announced;
  const Feed *feed = nullptr;
  int attempt = 1;
};

class ImageKitApi {
public:
  explicit ImageKitApi(std::shared_ptr<const Settings> settings);

  // Files whose name the service thinks equal, or a page of the folder; callers compare exactly.
  mre::json find_files(const std::string &name, const Patience &patience) const;
  mre::json list_files(std::size_t skip, std::size_t limit, const Patience &patience) const;
  mre::json details(const std::string &file_id, const Patience &patience) const;
  UploadOutcome upload(const UploadWork &work, const Patience &patience) const;
  // False when it was not there.
  bool delete_file(const std::string &file_id, const Patience &patience) const;
  void purge(const std::string &url, const Patience &patience) const;
  // A delivery URL, from an offset; 200 or 206, with retries up to there.
  std::unique_ptr<HttpResponse> open(const std::string &url, std::uint64_t offset,
                                     std::uint64_t expected_bytes, const Patience &patience) const;

  const Settings &settings() const { return *settings_; }

private:
  struct Call {
    std::string method, path, body, what;
    int also_fine = 0; // a status beyond 2xx that is an answer
  };
  std::unique_ptr<HttpResponse> run(const Call &call, const Patience &patience) const;
  mre::json read_array(const Call &call, const Patience &patience) const;
  std::pair<std::string, std::string> authorization() const;

  std::shared_ptr<const Settings> settings_;
  HttpClient client_;
};

// One entry of a list, an answer to an upload, or details. Throws when it is none.
StoredObject read_object(const mre::json &entry);
// The text of a member; empty when it is absent or something else.
std::string text_in(const mre::json &entry, const char *member);

} // namespace imagekit
