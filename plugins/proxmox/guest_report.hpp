// What the scripts inside a guest say, as values.
//
// Promise: any bytes give a value or "not understood"; nothing here waits. Threads: one object
// belongs to one call.
#pragma once

#include <mre/plugin.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace proxmox {

// What the write script expects after the bytes: the digest of them and how many they are.
inline constexpr std::size_t kTrailerBytes = 86;
std::string trailer(const std::string &sha256, std::uint64_t bytes);

struct ScriptFailure {
  std::string word, detail; // "exists", "/etc/hosts"
};
std::optional<ScriptFailure> parse_failure(std::string_view out);

struct WriteReport {
  std::uint64_t bytes = 0;
  bool by_digest = false, existed = false;
  std::uint32_t permissions = 0;
  std::string real_path;
};
std::optional<WriteReport> parse_write_report(std::string_view out);

enum class Swept { gone, alive, unsupported, unknown };
Swept parse_sweep(std::string_view out);

// Takes the output of the read script apart as it comes: report, content, end.
class ReadStream {
public:
  struct Header {
    mre::FileInfo info{};
    std::string real_path;
  };
  // content gets the file's bytes and returns false to stop; begun is told the report first.
  ReadStream(std::function<void(const Header &)> begun,
             std::function<bool(std::string_view)> content)
      : begun_(std::move(begun)), content_(std::move(content)) {}

  bool take(std::string_view chunk);
  // After the end of the output.
  bool has_header() const { return header_.has_value(); }
  const Header &header() const { return *header_; }
  // What came instead of a report.
  const std::string &head() const { return held_; }
  // Empty when the far side gave none; nothing when the stream ended early or the file could not be
  // read through.
  std::optional<std::string> sha256() const;

private:
  bool take_content(std::string_view chunk);

  std::function<void(const Header &)> begun_;
  std::function<bool(std::string_view)> content_;
  std::optional<Header> header_;
  std::string held_; // the beginning, then what may be the end
};

} // namespace proxmox
