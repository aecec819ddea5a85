// ImageKitServer: a stand-in for ImageKit on loopback, over TLS with an authority of its own, with
// faults on demand.
//
// Promise: answers as far as the service's interface is known, and checks what the service checks;
// every request is kept for the test to look at. Threads: safe from any. Lifetime: stops, faults
// and all, when the object goes.
#pragma once

#include "tests/support/imagekit_store.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_authority.hpp"

#include <deque>
#include <map>
#include <memory>

namespace mre::testing {

using Environment = std::map<std::string, std::string>;

enum class ImageKitCall { upload, list, details, remove, purge, deliver };

enum class FaultKind {
  status,          // answers with the status
  cut,             // half of the answer, then the connection breaks
  trickle,         // delivers a byte at a time, ten a second
  silence,         // no answer for as long as the server lives
  stall,           // half of the answer, then silence
  wrong_size,      // fewer bytes than the object has, announced as such
  wrong_bytes,     // as many bytes, one of them another
  store_then_cut,  // an upload is stored and its answer lost
  stored_unsought, // an upload is stored under another name than asked
};

struct Fault {
  ImageKitCall call = ImageKitCall::list;
  FaultKind kind = FaultKind::status;
  int status = 500;
  int times = 1;
  std::map<std::string, std::string> headers{};
};

struct SeenRequest {
  ImageKitCall call = ImageKitCall::list;
  std::string method, uri, authorization, range;
};

class ImageKitServer {
public:
  explicit ImageKitServer(const TestAuthorityOptions &options = {});
  ~ImageKitServer();
  ImageKitServer(const ImageKitServer &) = delete;
  ImageKitServer &operator=(const ImageKitServer &) = delete;

  // IMAGEKIT_* and ENABLE_IMAGEKIT for the daemon.
  Environment environment() const;
  const std::string &ca_file() const { return authority_.ca_file(); }
  const std::string &private_key() const { return keys_.private_key; }
  const std::string &public_key() const { return keys_.public_key; }
  std::string address() const; // https://127.0.0.1:port

  ImageKitStore &store() { return store_; }
  void fail(Fault fault);
  std::vector<SeenRequest> requests() const;
  std::size_t count(ImageKitCall call) const;

private:
  friend class ImageKitHandler;
  std::optional<Fault> next_fault(ImageKitCall call);
  void note(SeenRequest request);
  void wait_for_end();
  bool ends_within(long milliseconds);

  ImageKitKeys keys_;
  TemporaryFolder folder_;
  TestAuthority authority_;
  ImageKitStore store_;
  std::string basic_; // what the Authorization header must hold
  mutable std::mutex mutex_;
  std::deque<Fault> faults_;
  std::vector<SeenRequest> requests_;
  struct Listening;
  std::unique_ptr<Listening> listening_;
};

} // namespace mre::testing
