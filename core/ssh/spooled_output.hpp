// One call's output on disk: segments of each stream, the first half for good, the last half as a
// ring.
//
// Promise: both streams together never keep more than the limit; line numbers and byte offsets of a
// segment are those of the whole stream. A segment may be dropped between survey() and opening its
// file: whoever reads then surveys again. Threads: write() by one thread; everything else by any.
// Lifetime: shared by its writer and the spool.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"
#include "core/ssh/exec.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

struct SpoolSegment {
  std::string path;
  std::uint64_t first_line = 1; // the line that its first byte belongs to
  std::uint64_t first_byte = 0;
  std::uint64_t bytes = 0;
  bool starts_mid_line = false;
};

// What is known of one stream.
struct SpoolSurvey {
  std::vector<SpoolSegment> segments; // in order; a gap is where first_byte jumps
  std::uint64_t total_lines = 0, total_bytes = 0, kept_bytes = 0;
};

class SpooledOutput {
public:
  // Files are called <prefix>-<number>.
  SpooledOutput(std::string prefix, std::uint64_t limit_bytes);
  ~SpooledOutput();
  SpooledOutput(const SpooledOutput &) = delete;
  SpooledOutput &operator=(const SpooledOutput &) = delete;

  // local_failed once, when the disk refuses; nothing is kept from then on, but everything is still
  // counted.
  Result<void> write(Stream stream, std::string_view bytes);
  // Closes the files; nothing more will be written.
  void finish();
  SpoolSurvey survey(Stream stream) const;
  std::uint64_t kept_bytes() const;
  // Removes the files; later writes keep nothing.
  void discard();

private:
  struct Kept {
    SpoolSegment segment;
    Stream stream = Stream::out;
  };
  struct Totals {
    std::uint64_t bytes = 0, newlines = 0;
    bool mid_line = false;
  };
  struct Data {
    std::deque<Kept> head, tail;
    std::array<Totals, 2> totals;
    std::uint64_t tail_bytes = 0, head_bytes = 0;
    bool closed = false; // keeps nothing any more
  };
  struct Open { // the segment that a stream writes to now
    UniqueFd fd;
    std::string path;
    std::uint64_t room = 0;
    bool in_head = false;
  };

  Result<std::size_t> write_part(Stream stream, std::string_view bytes);
  Result<void> open_segment(Stream stream);
  void make_room(std::uint64_t bytes);
  void count(Stream stream, std::string_view bytes, bool kept);

  const std::string prefix_;
  const std::uint64_t half_, segment_bytes_;
  std::array<Open, 2> open_; // of the writing thread
  std::uint64_t next_number_ = 0;
  Guarded<Data> data_;
};

} // namespace mre::ssh
