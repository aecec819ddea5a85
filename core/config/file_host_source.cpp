#include "core/config/file_host_source.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace mre::config {
namespace {

std::int64_t to_ns(const struct timespec &time) {
  constexpr std::int64_t kNanosecondsPerSecond = 1000000000;
  return static_cast<std::int64_t>(time.tv_sec) * kNanosecondsPerSecond + time.tv_nsec;
}

// Linux stamps files with the time of the last timer tick (up to 10 ms back); two edits within one
// tick look alike.
constexpr std::chrono::milliseconds kStampResolution{50};

} // namespace

FileHostSource::FileHostSource(HostBookInput input, HostBookPtr first, const Clock &clock,
                               Listener listener)
    : clock_(clock), listener_(std::move(listener)),
      state_(initial(std::move(input), std::move(first))) {}

void FileHostSource::replace(HostBookInput input, HostBookPtr first) {
  State next = initial(std::move(input), std::move(first));
  state_.with([&](State &state) { state = std::move(next); });
}

// The settings were read a moment ago; an edit since then is found by reading once more at the
// first look.
FileHostSource::State FileHostSource::initial(HostBookInput input, HostBookPtr first) const {
  State state;
  state.files = {input.file};
  state.identities = look_at_all(state.files);
  state.is_settled = false;
  state.input = std::make_shared<const HostBookInput>(std::move(input));
  state.book = std::move(first);
  return state;
}

FileHostSource::Identity FileHostSource::look_at(const std::string &path) {
  Identity identity;
  struct stat info {};
  if (!path.empty() && ::stat(path.c_str(), &info) == 0) {
    identity.exists = true;
    identity.device = static_cast<std::uint64_t>(info.st_dev);
    identity.inode = static_cast<std::uint64_t>(info.st_ino);
    identity.size = static_cast<std::uint64_t>(info.st_size);
    identity.modified_ns = to_ns(info.st_mtim);
    identity.changed_ns = to_ns(info.st_ctim);
  }
  return identity;
}

std::vector<FileHostSource::Identity>
FileHostSource::look_at_all(const std::vector<std::string> &paths) {
  std::vector<Identity> identities;
  identities.reserve(paths.size());
  for (const std::string &path : paths) {
    identities.push_back(look_at(path));
  }
  return identities;
}

bool FileHostSource::is_settled(const std::vector<Identity> &identities) const {
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.wall().time_since_epoch());
  return std::all_of(identities.begin(), identities.end(), [&](const Identity &identity) {
    const auto stamp =
        std::chrono::nanoseconds(std::max(identity.modified_ns, identity.changed_ns));
    return !identity.exists || now - stamp > kStampResolution;
  });
}

HostBookPtr FileHostSource::hosts() {
  const State before = state_.with([](const State &state) { return state; });
  if (before.is_settled && look_at_all(before.files) == before.identities) {
    return before.book;
  }
  return read_again(before);
}

HostBookPtr FileHostSource::read_again(const State &before) {
  // Looked at before reading: an edit during the read must show at the next look. Files that come
  // to light by the reading itself have been read by then, and count as unsettled once.
  const std::vector<Identity> known = look_at_all(before.files);
  HostBookReading reading = read_host_book(*before.input);
  std::vector<std::string> files = {before.input->file};
  files.insert(files.end(), reading.watched.begin(), reading.watched.end());
  const bool is_same = files == before.files;
  const std::vector<Identity> identities = is_same ? known : look_at_all(files);
  const bool settled = is_same && is_settled(identities);
  HostBookPtr book;
  if (reading.complaints.empty()) {
    if (listener_) {
      listener_(reading);
    }
    book = std::make_shared<const HostBook>(std::move(reading.book));
  } else {
    HostBook kept = *before.book;
    kept.warning = "the configuration of the hosts was changed and is broken, so the hosts from "
                   "before are kept: ";
    for (std::size_t i = 0; i < reading.complaints.size(); ++i) {
      kept.warning += (i == 0 ? "" : "; ") + reading.complaints[i];
    }
    book = std::make_shared<const HostBook>(std::move(kept));
  }
  return state_.with([&](State &state) {
    // Settings that were replaced meanwhile win; of two readers of the same input the later one
    // does.
    if (state.input == before.input) {
      state.book = book;
      state.files = files;
      state.identities = identities;
      state.is_settled = settled;
    }
    return state.book;
  });
}

} // namespace mre::config
