#include "core/base/log.hpp"

#include "core/base/json.hpp"

#include <unistd.h>

#include <algorithm>

namespace mre {
namespace {

void write_to_stderr(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written <= 0) {
      return; // nobody is left to tell
    }
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
  });
}

} // namespace

std::optional<LogLevel> parse_log_level(std::string_view word) {
  for (const LogLevel level :
       {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug, LogLevel::trace}) {
    if (word == to_word(level)) {
      return level;
    }
  }
  return std::nullopt;
}

std::string_view to_word(LogLevel level) {
  switch (level) {
  case LogLevel::error:
    return "error";
  case LogLevel::warn:
    return "warn";
  case LogLevel::info:
    return "info";
  case LogLevel::debug:
    return "debug";
  case LogLevel::trace:
    return "trace";
  }
  return "error";
}

Log::Log(LogLevel level) : Log(level, write_to_stderr) {}
Log::Log(LogLevel level, Write write) : level_(level), write_(std::move(write)) {}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) const {
  if (!is_on(level)) {
    return;
  }
  std::string line = "level=" + std::string(to_word(level)) + " event=" + std::string(event);
  for (const auto &[key, raw] : fields) {
    const std::string value = filter_ ? filter_(raw) : raw;
    line += ' ';
    line += key;
    line += '=';
    line += is_plain(value) ? value : json_quote(value); // escapes control characters too
  }
  line += '\n';
  write_(line);
}

} // namespace mre
