// Transfer: what is known of one transfer between its two phases, and how it may go on.
//
//   upload    issued ──fetch──> written ──delete, purge──> completed
//                └──wrong for good──> failed
//   download  ready ──delete, purge──> completed
//
// Promise: a record is JSON and back without loss; it holds no secret. A failure that another try
// may mend changes no state. Threads: a value.
#pragma once

#include "relay.hpp"

#include <mre/plugin.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace imagekit {

enum class TransferKind { upload, download };
enum class TransferState { issued, written, ready, completed, failed };

// Where the file is, or will be.
struct FarFile {
  std::string host; // a configured name
  std::optional<std::uint32_t> ctid;
  std::string path;
};

// NOLINTNEXTLINE(bugprone-exception-escape): moving a JSON value checks itself with assertions
struct Transfer {
  std::string id;
  TransferKind kind = TransferKind::upload;
  TransferState state = TransferState::issued;
  FarFile file;
  std::int64_t expires = 0; // Unix seconds
  // Uploads.
  bool overwrite = false, create_parents = false;
  std::optional<std::uint32_t> permissions;
  std::optional<std::uint64_t> bytes;
  std::optional<std::string> sha256; // lower-case hex
  std::vector<StoredObject> objects; // an upload's one has no id until it was found
  std::vector<std::string> urls;     // that were handed out
  // Temporary files on the host that may be there when the server was killed meanwhile.
  std::vector<std::string> leftovers;
  mre::json result;                // of the confirm, once there is one
  std::optional<mre::Error> error; // of a failed one
  // Who works on it now, and until when that is believed without a further word.
  std::string claimed_by;
  std::int64_t claimed_until = 0;

  bool is_over() const {
    return state == TransferState::completed || state == TransferState::failed;
  }
};

std::string to_text(const Transfer &transfer);
// Throws mre::Error(MRE_INTERNAL) for what to_text() never made.
Transfer read_transfer(const std::string &text);

const char *word_of(TransferKind kind);

} // namespace imagekit
