#include "core/ssh/spooled_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mre::ssh {
namespace {

// The ring loses whole segments, so a sixteenth of its half is what rounding costs at most; smaller
// than a page of the file system is never worth a file.
constexpr std::uint64_t kSegmentsPerHalf = 16;
constexpr std::uint64_t kSmallestSegment = 1024;

std::size_t index_of(Stream stream) {
  return stream == Stream::out ? 0 : 1;
}

Result<void> write_all(int fd, std::string_view bytes, const std::string &path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return error_from_errno(errno, "cannot write " + path);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

} // namespace

SpooledOutput::SpooledOutput(std::string prefix, std::uint64_t limit_bytes)
    : prefix_(std::move(prefix)), half_(limit_bytes / 2),
      segment_bytes_(std::min(half_, std::max(half_ / kSegmentsPerHalf, kSmallestSegment))) {
  data_.with([&](Data &data) { data.closed = half_ == 0; });
}

SpooledOutput::~SpooledOutput() {
  discard();
}

Result<void> SpooledOutput::write(Stream stream, std::string_view bytes) {
  while (!bytes.empty()) {
    if (data_.with([](const Data &data) { return data.closed; })) {
      count(stream, bytes, false);
      return {};
    }
    auto written = write_part(stream, bytes);
    if (!written) {
      data_.with([](Data &data) { data.closed = true; });
      count(stream, bytes, false);
      return std::move(written).error();
    }
    bytes.remove_prefix(*written);
  }
  return {};
}

// As much as the open segment takes; opens another when it is full or was dropped.
Result<std::size_t> SpooledOutput::write_part(Stream stream, std::string_view bytes) {
  Open &open = open_[index_of(stream)];
  const std::uint64_t head_left =
      data_.with([&](const Data &data) { return half_ - std::min(half_, data.head_bytes); });
  if (open.in_head) {
    open.room = std::min(open.room, head_left);
  }
  if (!open.fd || open.room == 0) {
    MRE_TRY_VOID(open_segment(stream));
  }
  const std::size_t part =
      static_cast<std::size_t>(std::min<std::uint64_t>(open.room, bytes.size()));
  if (!open.in_head) {
    make_room(part);
    if (!open.fd) { // the ring was so short that it dropped the segment it was to write to
      return std::size_t{0};
    }
  }
  MRE_TRY_VOID(write_all(open.fd.get(), bytes.substr(0, part), open.path));
  open.room -= part;
  count(stream, bytes.substr(0, part), true);
  return part;
}

Result<void> SpooledOutput::open_segment(Stream stream) {
  Open &open = open_[index_of(stream)];
  open.path = prefix_ + "-" + std::to_string(next_number_++);
  open.fd.reset(
      ::open(open.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!open.fd) {
    return error_from_errno(errno, "cannot make " + open.path);
  }
  const bool closed = data_.with([&](Data &data) {
    const std::uint64_t head_left = half_ - std::min(half_, data.head_bytes);
    const Totals &totals = data.totals[index_of(stream)];
    open.in_head = head_left > 0;
    open.room = open.in_head ? std::min(head_left, segment_bytes_) : segment_bytes_;
    if (!data.closed) {
      (open.in_head ? data.head : data.tail)
          .push_back({{open.path, totals.newlines + 1, totals.bytes, 0, totals.mid_line}, stream});
    }
    return data.closed;
  });
  if (closed) { // discarded meanwhile, so nobody else would remove this file
    ::unlink(open.path.c_str());
  }
  return {};
}

// Drops the oldest segments of the ring until so many more bytes fit into its half.
void SpooledOutput::make_room(std::uint64_t bytes) {
  const std::vector<std::string> dropped = data_.with([&](Data &data) {
    std::vector<std::string> paths;
    while (!data.tail.empty() && data.tail_bytes + bytes > half_ &&
           data.tail.front().segment.bytes > 0) {
      data.tail_bytes -= data.tail.front().segment.bytes;
      paths.push_back(std::move(data.tail.front().segment.path));
      data.tail.pop_front();
    }
    return paths;
  });
  for (const std::string &path : dropped) {
    ::unlink(path.c_str());
    for (Open &open : open_) {
      if (open.path == path) {
        open.fd.reset();
      }
    }
  }
}

void SpooledOutput::count(Stream stream, std::string_view bytes, bool kept) {
  const auto newlines = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  data_.with([&](Data &data) {
    Totals &totals = data.totals[index_of(stream)];
    totals.bytes += bytes.size();
    totals.newlines += newlines;
    totals.mid_line = bytes.empty() ? totals.mid_line : bytes.back() != '\n';
    if (!kept) {
      return;
    }
    const Open &open = open_[index_of(stream)];
    auto &segments = open.in_head ? data.head : data.tail;
    const auto found = std::find_if(segments.rbegin(), segments.rend(), [&](const Kept &candidate) {
      return candidate.segment.path == open.path;
    });
    if (found != segments.rend()) {
      found->segment.bytes += bytes.size();
      (open.in_head ? data.head_bytes : data.tail_bytes) += bytes.size();
    }
  });
}

void SpooledOutput::finish() {
  for (Open &open : open_) {
    open.fd.reset();
  }
}

SpoolSurvey SpooledOutput::survey(Stream stream) const {
  return data_.with([&](const Data &data) {
    SpoolSurvey survey;
    const Totals &totals = data.totals[index_of(stream)];
    survey.total_bytes = totals.bytes;
    survey.total_lines = totals.newlines + (totals.mid_line ? 1 : 0);
    for (const auto *half : {&data.head, &data.tail}) {
      for (const Kept &kept : *half) {
        if (kept.stream == stream && kept.segment.bytes > 0) {
          survey.segments.push_back(kept.segment);
          survey.kept_bytes += kept.segment.bytes;
        }
      }
    }
    return survey;
  });
}

std::uint64_t SpooledOutput::kept_bytes() const {
  return data_.with([](const Data &data) { return data.head_bytes + data.tail_bytes; });
}

void SpooledOutput::discard() {
  const auto paths = data_.with([](Data &data) {
    std::vector<std::string> out;
    data.closed = true;
    for (auto *half : {&data.head, &data.tail}) {
      for (const Kept &kept : *half) {
        out.push_back(kept.segment.path);
      }
      half->clear();
    }
    data.head_bytes = data.tail_bytes = 0;
    return out;
  });
  for (const std::string &path : paths) {
    ::unlink(path.c_str());
  }
}

} // namespace mre::ssh
