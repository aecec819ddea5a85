// See file_writer.hpp.
#include "core/ssh/file_writer.hpp"

#include "core/base/digest.hpp"
#include "core/ssh/sftp_transfer.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <algorithm>
#include <limits>

namespace mre::ssh {

namespace {

constexpr std::uint32_t kNewFile = 0644;
constexpr std::uint32_t kNewFolder = 0755;
constexpr std::uint32_t kAllPermissions = 07777;
constexpr std::uint32_t kSpecialPermissions =
    07000; // set-id and sticky bits, which a server may drop in silence
constexpr std::uint32_t kOwnerOnly = 0600;
constexpr std::size_t kTemporaryNameBytes = 8; // of randomness: two writers never meet

Error too_large(const std::string &name, std::uint64_t bytes, std::uint64_t limit) {
  return {Errc::too_large,
          name + ": " + std::to_string(bytes) + " bytes are more than the " +
              std::to_string(limit) + " that are allowed",
          "raise MAX_FILE_SIZE, or set it to 0 for no limit"};
}

Error count_differs(const std::string &name, std::uint64_t announced, std::uint64_t came) {
  return {Errc::conflict,
          name + ": " + std::to_string(announced) + " bytes were announced, but the source gave " +
              std::to_string(came),
          "the source changed while it was read; try again"};
}

} // namespace

Result<WriteResult> FileWriter::run() {
  MRE_TRY(path_, remote_path(request_.path));
  if (path_.back() == '/' || path_ == "." || path_ == "..") {
    return Error{Errc::bad_argument, "the remote path " + request_.path + " names a folder",
                 "add the file's name"};
  }
  if (request_.expected_bytes && request_.max_bytes &&
      *request_.expected_bytes > *request_.max_bytes) {
    return too_large(request_.path, *request_.expected_bytes, *request_.max_bytes);
  }
  if (request_.permissions && (*request_.permissions & ~kAllPermissions) != 0) {
    return Error{Errc::bad_argument, "the permissions are more than 7777 (octal)",
                 "give digits such as 644 or 4755"};
  }
  MRE_TRY_VOID(take_head());
  const bool is_bulk =
      !head_is_all_ && request_.expected_bytes.value_or(limits::kBulkFrom) >= limits::kBulkFrom;
  MRE_TRY(calls_, service_.open_calls(is_bulk ? LeaseKind::bulk : LeaseKind::metadata));
  auto written = request_.existing == Existing::append ? append() : replace_whole();
  if (!written) {
    clean_up(written.error().code);
  }
  return written;
}

// Reads the beginning of the source, so that a small file is known to be one before anything is
// asked of the host.
Result<void> FileWriter::take_head() {
  const std::uint64_t most = request_.max_bytes.value_or(std::numeric_limits<std::uint64_t>::max());
  std::size_t filled = 0;
  head_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(
      limits::kDigestFrom, request_.expected_bytes.value_or(limits::kDigestFrom) + 1)));
  while (filled < head_.size()) {
    MRE_TRY(const std::size_t got, request_.source(head_.data() + filled, head_.size() - filled));
    if (got == 0) {
      head_is_all_ = true;
      break;
    }
    filled += got;
  }
  head_.resize(filled);
  if (filled > most) {
    return too_large(request_.path, filled, most);
  }
  const std::uint64_t expected = request_.expected_bytes.value_or(filled);
  if (filled > expected || (head_is_all_ && filled != expected)) {
    return count_differs(request_.path, expected, filled);
  }
  return {};
}

// Follows a symbolic link and looks at what is there.
Result<void> FileWriter::resolve() {
  target_ = path_;
  MRE_TRY(existing_, calls_->find(path_, Follow::no));
  if (existing_ && existing_->kind == FileKind::symlink) {
    MRE_TRY(target_, calls_->real_path(path_));
    MRE_TRY(existing_, calls_->find(target_, Follow::no));
  }
  return check_existing();
}

Result<void> FileWriter::check_existing() const {
  if (!existing_) {
    return {};
  }
  const std::string name = calls_->name(target_);
  if (existing_->kind == FileKind::directory) {
    return Error{Errc::bad_argument, name + " is a folder", "add the file's name to the path"};
  }
  if (existing_->kind != FileKind::regular) {
    return Error{Errc::bad_argument, name + " is not a regular file",
                 "write to a device or pipe with a command"};
  }
  if (request_.existing == Existing::refuse) {
    return Error{Errc::already_exists, name + " exists already",
                 "allow overwriting, or choose another path"};
  }
  return {};
}

Result<WriteResult> FileWriter::replace_whole() {
  target_ = path_;
  // A small new file is written at once: OpenSSH's rename never replaces, so what is there is found
  // then. Other servers are asked first.
  const bool look_later =
      head_is_all_ && request_.existing == Existing::refuse && calls_->is_openssh();
  if (!look_later) {
    MRE_TRY_VOID(resolve());
  }
  MRE_TRY_VOID(write_temporary());
  MRE_TRY_VOID(verify(temporary_, 0));
  if (!calls_) { // given back while the digest ran, so that waiting uploads can never use up the
                 // channels
    MRE_TRY(calls_, service_.open_calls(LeaseKind::metadata));
  }
  MRE_TRY_VOID(put_in_place());
  result_.path = target_;
  result_.file_bytes = result_.bytes;
  result_.existed = existing_.has_value();
  return result_;
}

Result<void> FileWriter::write_temporary() {
  const std::string folder = folder_of(target_);
  temporary_ = (folder == "."   ? ""
                : folder == "/" ? "/"
                                : folder + "/") +
               ".mre-" + random_hex(kTemporaryNameBytes) + ".tmp";
  if (request_.on_temporary) {
    MRE_TRY_VOID(request_.on_temporary(temporary_));
  }
  final_permissions_ = request_.permissions.value_or(existing_ ? existing_->permissions : kNewFile);
  // Never wider than it will be, and for the owner alone until the owner is the right one.
  const std::uint32_t first =
      existing_ ? final_permissions_ & kOwnerOnly : final_permissions_ & 0777U;
  const unsigned long flags = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_EXCL;
  std::vector<SftpCalls::Stage> before = {open_stage(temporary_, flags, static_cast<long>(first))};
  if (existing_ && takes_requests_at_once()) {
    before = {calls_->at_once({before.front(), named_info_stage()}), owner_stage()};
  } else if (existing_ && !head_is_all_) {
    before.push_back(info_stage());
    before.push_back(owner_stage()); // refused before the bytes move
  }
  std::vector<SftpCalls::Stage> after = stages_after_data();
  MRE_TRY_VOID(write_data(before, std::move(after)));
  MRE_TRY_VOID(check_size());
  if (lacks_permissions()) {
    return Error{Errc::denied,
                 "the server did not set the permissions of " + calls_->name(target_) + " as asked",
                 "set-id bits need the owner and a group of the login user"};
  }
  result_.permissions = final_permissions_;
  return {};
}

// Set-id bits are cleared by writing, so they come last and are looked at.
bool FileWriter::takes_requests_at_once() const {
  return (final_permissions_ & kSpecialPermissions) == 0 && calls_->is_openssh();
}

std::vector<SftpCalls::Stage> FileWriter::stages_after_data() {
  // Syncing costs milliseconds on a disk. It is worth them where something can be lost: the old
  // file, or much work.
  const bool is_worth_syncing = existing_ || !head_is_all_;
  const bool may_rename = !wants_digest(head_.size()); // without a hop between threads
  if (is_worth_syncing && takes_requests_at_once()) {
    return {finish_stage(), permissions_stage(),
            may_rename ? close_and_rename_stage() : close_stage()};
  }
  std::vector<SftpCalls::Stage> after = {info_stage(), owner_stage(), permissions_stage()};
  if ((final_permissions_ & kSpecialPermissions) != 0) {
    after.push_back(info_stage());
  }
  if (is_worth_syncing) {
    after.push_back(sync_stage());
  }
  after.push_back(close_stage());
  if (may_rename) {
    after.push_back(rename_stage());
  }
  return after;
}

// Opens by `before`, moves the bytes, finishes by `after`: a small file in one go, a big one
// through the pump.
Result<void> FileWriter::write_data(const std::vector<SftpCalls::Stage> &before,
                                    std::vector<SftpCalls::Stage> after) {
  if (head_is_all_) {
    std::vector<SftpCalls::Stage> all = before;
    all.push_back(head_stage());
    all.insert(all.end(), after.begin(), after.end());
    result_.bytes = head_.size();
    may_be_left_ = !temporary_.empty();
    auto ended = calls_->run(all);
    if (!ended && handle_ == nullptr) {
      MRE_TRY_VOID(retry_with_parents(ended.error()));
      ended = calls_->run(all);
    }
    if (!ended) {
      return explain(std::move(ended).error());
    }
    result_.sha256 = sha256_hex(head_);
    if (request_.progress) {
      request_.progress(result_.bytes, result_.bytes);
    }
    return {};
  }
  may_be_left_ = !temporary_.empty();
  auto opened = calls_->run(before);
  if (!opened && handle_ == nullptr) {
    MRE_TRY_VOID(retry_with_parents(opened.error()));
    opened = calls_->run(before);
  }
  if (!opened) {
    return explain(std::move(opened).error());
  }
  UploadPlan plan;
  plan.handle = handle_;
  plan.offset = offset_;
  plan.head = std::move(head_);
  plan.source = &request_.source;
  plan.max_bytes = request_.max_bytes.value_or(plan.max_bytes);
  plan.progress = &request_.progress;
  plan.total = request_.expected_bytes;
  plan.name = calls_->name(target_);
  auto moved = upload(*calls_, std::move(plan));
  if (!moved) {
    return explain(std::move(moved).error());
  }
  result_.bytes = moved->bytes;
  result_.sha256 = std::move(moved->sha256);
  if (request_.expected_bytes && *request_.expected_bytes != result_.bytes) {
    return count_differs(request_.path, *request_.expected_bytes, result_.bytes);
  }
  if (auto ended = calls_->run(after, limits::kSftpSyncPatience); !ended) {
    return explain(std::move(ended).error());
  }
  return {};
}

// After a failed open: makes the missing folders when that was asked for, else says which is
// missing.
Result<void> FileWriter::retry_with_parents(const Error &failure) {
  if (failure.code != Errc::not_found || !calls_->is_usable()) {
    may_be_left_ = may_be_left_ && !calls_->is_usable();
    return explain(failure);
  }
  may_be_left_ = false;
  const std::string folder = folder_of(target_);
  if (request_.parents == Parents::must_exist) {
    return Error{Errc::not_found, "the folder " + calls_->name(folder) + " does not exist",
                 "make it first, or set create_parents to true"};
  }
  MRE_TRY_VOID(make_directories(*calls_, folder, kNewFolder));
  may_be_left_ = !temporary_.empty();
  return {};
}

bool FileWriter::has_right_size() const {
  const std::uint64_t expected = offset_ + result_.bytes;
  // Others may append to the same file; a temporary file is nobody else's.
  return after_.bytes == expected || (temporary_.empty() && after_.bytes > expected);
}

bool FileWriter::lacks_permissions() const {
  return (final_permissions_ & kSpecialPermissions & ~after_.permissions) != 0;
}

bool FileWriter::wants_digest(std::uint64_t bytes) const {
  return request_.verify == Verify::digest ||
         (request_.verify == Verify::automatic && bytes >= limits::kDigestFrom);
}

Result<void> FileWriter::check_size() const {
  const std::uint64_t expected = offset_ + result_.bytes;
  if (has_right_size()) {
    return {};
  }
  return Error{Errc::remote_failed,
               calls_->name(target_) + ": " + std::to_string(expected) +
                   " bytes were written, but the server counts " + std::to_string(after_.bytes),
               "try again; check the host's file system"};
}

Result<void> FileWriter::verify(const std::string &path, std::uint64_t offset) {
  if (!wants_digest(result_.bytes)) {
    return {};
  }
  const std::string name = calls_->name(target_);
  calls_.reset();
  auto found = service_.digest(path, offset, result_.bytes);
  if (!found) {
    return found.error().within("cannot verify " + name);
  }
  if (!*found) {
    return {};
  }
  if (**found != result_.sha256) {
    return Error{Errc::remote_failed,
                 name + ": what arrived has SHA-256 " + **found + ", what was sent has " +
                     result_.sha256,
                 "try again; check the host's memory and disks"};
  }
  result_.verified = Verify::digest;
  return {};
}

Result<void> FileWriter::put_in_place() {
  if (is_in_place_) {
    return {};
  }
  if (request_.existing == Existing::replace) {
    auto renamed = calls_->rename_over(temporary_, target_);
    may_be_left_ = !renamed;
    return renamed;
  }
  auto renamed = calls_->rename_new(temporary_, target_);
  if (!renamed && calls_->is_usable() && calls_->last_status() != LIBSSH2_FX_PERMISSION_DENIED) {
    MRE_TRY_VOID(resolve()); // says what is there, if that was the reason
    if (target_ != path_) {
      // A link to a file that does not exist yet: the new file belongs where it points.
      renamed = calls_->rename_new(temporary_, target_);
    }
  }
  may_be_left_ = !renamed;
  return renamed;
}

Result<WriteResult> FileWriter::append() {
  MRE_TRY_VOID(resolve());
  final_permissions_ = request_.permissions.value_or(existing_ ? existing_->permissions : kNewFile);
  offset_ = existing_ ? existing_->bytes : 0;
  result_.existed = existing_.has_value();
  const unsigned long flags = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_APPEND;
  const auto mode = static_cast<long>(final_permissions_ & 0777U);
  const std::string path = target_;
  auto written = write_data({open_stage(path, flags, mode)},
                            {info_stage(), permissions_stage(), sync_stage(), close_stage()});
  if (!written) {
    Error error = std::move(written).error();
    error.hint =
        (error.hint.empty() ? "" : error.hint + "; ") +
        std::string("look at the end of the file before trying again: a part may be there");
    return error;
  }
  MRE_TRY_VOID(check_size());
  result_.path = path;
  result_.file_bytes = after_.bytes;
  result_.permissions = final_permissions_;
  if (request_.verify == Verify::digest) { // never by itself: somebody else may be appending
    MRE_TRY_VOID(verify(path, offset_));
  }
  return result_;
}

// A refusal without a reason is looked into: most are full disks.
Error FileWriter::explain(Error error) {
  if (error.code == Errc::remote_failed && calls_ && calls_->is_usable()) {
    const std::uint64_t wanted =
        std::max<std::uint64_t>(request_.expected_bytes.value_or(0), limits::kDigestFrom);
    if (auto reason = calls_->explain_refusal(folder_of(target_), wanted)) {
      reason->message = error.message + ": " + reason->message;
      return *std::move(reason);
    }
  }
  return error;
}

void FileWriter::clean_up(Errc why) {
  const bool usable = calls_ && calls_->is_usable();
  if (usable && handle_ != nullptr) {
    static_cast<void>(calls_->close(handle_).has_value());
  }
  if (!may_be_left_) {
    return;
  }
  if (usable && calls_->remove_file(temporary_)) {
    return;
  }
  calls_.reset();
  service_.remove_leftover(temporary_, why);
}

} // namespace mre::ssh
