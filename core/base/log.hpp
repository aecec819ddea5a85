// Structured log lines on stderr: `level=info event=connected host=default ms=31`.
//
// Promise: one line per event, key=value, values quoted when they need it; every value passes the
// filter (the redactor) before it is written; one write(2) per line, so lines of threads do not
// mix. Levels: error = someone must act. Threads: any. Lifetime: built by main before anything that
// logs, outlives it.
//
//   log.info("connected", {{"host", name}, {"ms", "31"}});
#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mre {

enum class LogLevel { error, warn, info, debug, trace };
std::optional<LogLevel> parse_log_level(std::string_view word);
std::string_view to_word(LogLevel level);

class Log {
public:
  using Field = std::pair<std::string_view, std::string>;
  using Filter = std::function<std::string(std::string_view)>;
  using Write = std::function<void(std::string_view line)>;

  explicit Log(LogLevel level = LogLevel::info); // to descriptor 2
  Log(LogLevel level, Write write);              // elsewhere; for tests

  void set_level(LogLevel level) { level_ = level; }
  // Set once, before a second thread logs.
  void set_filter(Filter filter) { filter_ = std::move(filter); }
  bool is_on(LogLevel level) const { return level <= level_.load(); }

  void write(LogLevel level, std::string_view event,
             std::initializer_list<Field> fields = {}) const;
  void error(std::string_view event, std::initializer_list<Field> fields = {}) const {
    write(LogLevel::error, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<Field> fields = {}) const {
    write(LogLevel::warn, event, fields);
  }
  void info(std::string_view event, std::initializer_list<Field> fields = {}) const {
    write(LogLevel::info, event, fields);
  }
  void debug(std::string_view event, std::initializer_list<Field> fields = {}) const {
    write(LogLevel::debug, event, fields);
  }
  void trace(std::string_view event, std::initializer_list<Field> fields = {}) const {
    write(LogLevel::trace, event, fields);
  }

private:
  std::atomic<LogLevel> level_;
  Filter filter_;
  Write write_;
};

} // namespace mre
