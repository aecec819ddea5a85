#include "core/ssh/spool_reader.hpp"

#include "core/base/unique_fd.hpp"
#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"

#include <fcntl.h>
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <memory>

namespace mre::ssh {
namespace {

// Segments without a gap between them.
struct Run {
  std::vector<const SpoolSegment *> segments;
  std::uint64_t first_line = 1, last_line = 1;
  bool starts_cut = false, ends_cut = false; // in the middle of a line, beside a gap
};

std::vector<Run> find_runs(const SpoolSurvey &survey) {
  std::vector<Run> runs;
  const SpoolSegment *before = nullptr;
  for (const SpoolSegment &segment : survey.segments) {
    if (before == nullptr || before->first_byte + before->bytes != segment.first_byte) {
      runs.push_back({{}, segment.first_line, segment.first_line, segment.starts_mid_line});
    }
    runs.back().segments.push_back(&segment);
    before = &segment;
    runs.back().ends_cut = segment.first_byte + segment.bytes != survey.total_bytes;
  }
  return runs;
}

// One line as it was found, cut to what a page may hold.
struct RawLine {
  std::uint64_t number = 0;
  std::string bytes;
  std::uint64_t dropped = 0;                   // bytes beyond the cut
  bool lacks_begin = false, lacks_end = false; // it reaches into a gap
};

using TakeLine = std::function<bool(RawLine &)>; // false: enough

class RunReader {
public:
  RunReader(const Run &run, std::size_t longest) : run_(run), longest_(longest) {}

  // Lines from `start` on until take() has enough; true when the end of the run was reached.
  Result<bool> read(std::uint64_t start, const TakeLine &take) {
    std::size_t i = 0;
    const auto &segments = run_.segments;
    while (i + 1 < segments.size() &&
           (segments[i + 1]->first_line < start ||
            (segments[i + 1]->first_line == start && !segments[i + 1]->starts_mid_line))) {
      ++i;
    }
    line_ = {segments[i]->first_line, {}, 0, i == 0 && run_.starts_cut, false};
    open_line_ = false;
    for (; i < segments.size(); ++i) {
      MRE_TRY(const bool more, read_segment(*segments[i], start, take));
      if (!more) {
        return false;
      }
    }
    // What stands after the last line end, or before the gap.
    line_.lacks_end = run_.ends_cut;
    return !open_line_ || line_.number < start || take(line_);
  }

private:
  Result<bool> read_segment(const SpoolSegment &segment, std::uint64_t start,
                            const TakeLine &take) {
    const UniqueFd fd(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) {
      return Error{Errc::unavailable, "a part of the output went away while it was read", {}};
    }
    std::uint64_t left = segment.bytes; // the file may be longer by now
    while (left > 0) {
      const ssize_t got =
          ::read(fd.get(), buffer_.data(),
                 static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size())));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        return Error{Errc::unavailable, "a part of the output cannot be read", {}};
      }
      left -= static_cast<std::uint64_t>(got);
      if (!feed({buffer_.data(), static_cast<std::size_t>(got)}, start, take)) {
        return false;
      }
    }
    return true;
  }
  bool feed(std::string_view bytes, std::uint64_t start, const TakeLine &take) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view part = bytes.substr(0, end);
      const std::size_t fits =
          std::min(part.size(), longest_ - std::min(longest_, line_.bytes.size()));
      if (line_.number >= start) {
        line_.bytes.append(part.substr(0, fits));
        line_.dropped += part.size() - fits;
      }
      open_line_ = true;
      if (end == std::string_view::npos) {
        return true;
      }
      if (line_.number >= start && !take(line_)) {
        return false;
      }
      line_ = {line_.number + 1, {}, 0, false, false};
      open_line_ = false;
      bytes.remove_prefix(end + 1);
    }
    return true;
  }

  const Run &run_;
  const std::size_t longest_;
  RawLine line_;
  bool open_line_ = false;
  std::array<char, 65536> buffer_{};
};

// Collects lines until the page is full: from the front, or as a window over the last ones.
class PageBuilder {
public:
  PageBuilder(const SpoolQuery &query, const RE2 *pattern) : query_(query), pattern_(pattern) {}

  bool take(RawLine &raw) {
    if (raw.number <= last_seen_) { // both sides of a gap within one line
      return true;
    }
    if (pattern_ != nullptr && !RE2::PartialMatch(raw.bytes, *pattern_)) {
      last_seen_ = raw.number;
      return true;
    }
    const bool from_end = query_.tail.has_value();
    if (!from_end && lines_.size() >= query_.lines) {
      return false;
    }
    SpooledLine line = finish(raw);
    const std::size_t characters = utf8::count(line.text);
    if (!from_end && !lines_.empty() && characters_ + characters > query_.character_limit) {
      return false;
    }
    last_seen_ = raw.number;
    characters_ += characters;
    lines_.push_back(std::move(line));
    while (from_end && lines_.size() > 1 &&
           (lines_.size() > *query_.tail || characters_ > query_.character_limit)) {
      characters_ -= utf8::count(lines_.front().text);
      lines_.pop_front();
    }
    return true;
  }
  std::uint64_t last_seen() const { return last_seen_; }
  void skip_to(std::uint64_t line) { last_seen_ = std::max(last_seen_, line - 1); }
  std::vector<SpooledLine> finish_lines() {
    return {std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end())};
  }

private:
  SpooledLine finish(const RawLine &raw) const {
    std::string text = utf8::repair(raw.bytes);
    const std::size_t kept = utf8::prefix_bytes(text, query_.character_limit);
    const std::uint64_t lost = raw.dropped + (text.size() - kept);
    if (lost > 0) {
      text.resize(kept);
      text += " [... " + std::to_string(lost) + " more bytes in this line]";
    }
    if (raw.lacks_begin) {
      text.insert(0, "[... the beginning of this line was not kept] ");
    }
    if (raw.lacks_end) {
      text += " [... the rest of this line was not kept]";
    }
    return {raw.number, std::move(text)};
  }

  const SpoolQuery &query_;
  const RE2 *pattern_;
  std::deque<SpooledLine> lines_;
  std::size_t characters_ = 0;
  std::uint64_t last_seen_ = 0;
};

std::string describe_runs(const std::vector<Run> &runs) {
  std::string text;
  for (const Run &run : runs) {
    text += (text.empty() ? "" : " and ") + std::to_string(run.first_line) + " to " +
            std::to_string(run.last_line);
  }
  return text.empty() ? "no lines were kept" : "lines " + text + " were kept";
}

class Reading {
public:
  Reading(const SpoolSurvey &survey, const SpoolQuery &query)
      : survey_(survey), query_(query), runs_(find_runs(survey)) {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      runs_[i].last_line = find_last_line(i);
    }
  }

  Result<SpoolPage> run(const RE2 *pattern) {
    SpoolPage page;
    page.total_lines = survey_.total_lines;
    page.total_bytes = survey_.total_bytes;
    page.spooled_bytes = survey_.kept_bytes;
    const std::uint64_t start = find_start(pattern != nullptr);
    PageBuilder builder(query_, pattern);
    builder.skip_to(start);
    bool bridges = query_.tail.has_value() || pattern != nullptr;
    bool whole = start > page.total_lines;
    if (!whole) {
      MRE_TRY(whole, read_runs(start, bridges, builder));
    }
    page.lines = builder.finish_lines();
    const std::uint64_t next = builder.last_seen() + 1;
    page.eof = whole || next > page.total_lines;
    if (!page.eof) {
      page.next_line = next;
    }
    return page;
  }

private:
  // The last line of which a run holds a byte.
  std::uint64_t find_last_line(std::size_t index) const {
    if (index + 1 == runs_.size()) {
      const SpoolSegment &last = *runs_[index].segments.back();
      if (last.first_byte + last.bytes == survey_.total_bytes) {
        return survey_.total_lines;
      }
    }
    // Before a gap the number is that of the segment plus its line ends, which are counted by
    // reading it.
    std::uint64_t line = runs_[index].first_line;
    Run only;
    only.segments = {runs_[index].segments.back()};
    RunReader reader(only, 0);
    const auto done = reader.read(0, [&](RawLine &raw) {
      line = raw.number;
      return true;
    });
    return done ? line : runs_[index].segments.back()->first_line;
  }

  std::uint64_t find_start(bool has_pattern) const {
    if (!query_.tail) {
      return std::max<std::uint64_t>(query_.offset_line, 1);
    }
    // The last matching lines may be anywhere.
    return has_pattern || *query_.tail >= survey_.total_lines
               ? 1
               : survey_.total_lines - *query_.tail + 1;
  }

  // True when everything up to the end was seen.
  Result<bool> read_runs(std::uint64_t start, bool bridges, PageBuilder &builder) {
    bool found = false;
    for (const Run &run : runs_) {
      if (run.last_line < start) {
        continue;
      }
      if (!bridges && run.first_line > builder.last_seen() + 1) {
        break; // a gap is next
      }
      found = true;
      RunReader reader(run, query_.character_limit * 4);
      MRE_TRY(const bool more, reader.read(std::max(start, run.first_line),
                                           [&](RawLine &raw) { return builder.take(raw); }));
      if (!more) {
        return false;
      }
    }
    if (!found) {
      return Error{Errc::too_large,
                   "line " + std::to_string(start) + " was not kept: " + describe_runs(runs_),
                   "read one of those, or raise MRE_SPOOL_LIMIT"};
    }
    return bridges;
  }

  const SpoolSurvey &survey_;
  const SpoolQuery &query_;
  std::vector<Run> runs_;
};

} // namespace

Result<SpoolPage> read_page(const SpoolSurvey &survey, const SpoolQuery &query) {
  std::unique_ptr<RE2> pattern;
  if (!query.pattern.empty()) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::kPatternMemory);
    pattern = std::make_unique<RE2>(query.pattern, options);
    if (!pattern->ok()) {
      return Error{Errc::bad_argument, "/pattern: " + pattern->error(),
                   "patterns are RE2's: no look-around, no back references"};
    }
  }
  return Reading(survey, query).run(pattern.get());
}

} // namespace mre::ssh
