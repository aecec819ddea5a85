// The rest of an output that a result could not hold, on disk for a while.
//
// Promise: per call at most `limit_bytes` of both streams together are kept, the first and the last
// half, with true line numbers; what lies between answers too_large. All calls together keep at
// most kSpoolTotalFactor times that, the oldest go first; a call's output expires kSpoolLifetime
// after its last byte. Nothing touches the disk before the first open(); the folder is
// <state_dir>/spool/<pid>-<random>, mode 0700, files 0600; folders of dead processes are removed
// then. The caller redacts before it writes. Failure to write ends the spooling of that call, never
// the call. Threads: any; one Writer belongs to one thread at a time. Lifetime: outlives its
// writers; the destructor removes the folder.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/ssh/exec.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::ssh {

struct SpooledLine {
  std::uint64_t number = 0; // from 1
  std::string text;         // valid UTF-8, without its line end
};

// What to read of one stream: from offset_line on, or the last `tail` lines; with a pattern only
// lines that match are counted. lines that match.
struct SpoolQuery {
  Stream stream = Stream::out;
  std::uint64_t offset_line = 1;
  std::uint64_t lines = 200;
  std::optional<std::uint64_t> tail;
  std::string pattern;                 // RE2; empty: every line
  std::size_t character_limit = 25000; // of all texts together; a line longer than that is cut
};

struct SpoolPage {
  std::vector<SpooledLine> lines;
  std::uint64_t total_lines = 0, total_bytes = 0, spooled_bytes = 0;
  std::optional<std::uint64_t> next_line; // nothing at the end
  bool eof = false;
};

class OutputSpool {
public:
  OutputSpool(std::string state_dir, std::uint64_t limit_bytes, const Clock &clock, const Log &log);
  ~OutputSpool();
  OutputSpool(const OutputSpool &) = delete;
  OutputSpool &operator=(const OutputSpool &) = delete;

  // Takes the output of one call. Destroying it ends the writing; what was written stays readable.
  class Writer {
  public:
    virtual ~Writer() = default;
    virtual const std::string &output_id() const = 0;
    virtual void write(Stream stream, std::string_view redacted_bytes) = 0;
  };
  // local_failed when there is no folder to write to.
  Result<std::unique_ptr<Writer>> open();

  // not_found for an id that was never given or has expired; too_large for lines in the gap, naming
  // those that are kept; bad_argument for a pattern. Blocks on the disk.
  Result<SpoolPage> read(const std::string &output_id, const SpoolQuery &query);

  // For calls that begin from now on.
  void set_limit(std::uint64_t limit_bytes);

private:
  struct State;
  std::shared_ptr<State> state_;
};

} // namespace mre::ssh
