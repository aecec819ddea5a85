// The tar format (POSIX ustar with GNU's long names, which GNU tar, bsdtar and busybox all read),
// as a stream in either direction.
//
// Promise: the writer gives whole records of known sizes; the reader takes any bytes in any pieces
// and says what is wrong with them; names are handed on as they stand, the caller judges them.
// Threads: one. Lifetime: the reader's receiver outlives it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sftp {

struct TarEntry {
  enum class Kind { regular, directory, link, hard_link, other };
  std::string name;
  Kind kind = Kind::regular;
  std::uint32_t permissions = 0644;
  std::uint64_t bytes = 0; // of a regular file
  std::int64_t modified = 0;
  std::string target; // of both kinds of links
};

inline constexpr std::size_t kTarBlock = 512;

// The header of an entry; a regular file's bytes follow, then tar_padding() of zeros.
std::string tar_header(const TarEntry &entry);
std::string tar_padding(std::uint64_t bytes);
std::string tar_end();

class TarReceiver {
public:
  virtual ~TarReceiver() = default;
  virtual void begin(const TarEntry &entry) = 0;
  virtual void data(std::string_view bytes) = 0; // of a regular file
  virtual void end() = 0;                        // of a regular file
};

class TarReader {
public:
  explicit TarReader(TarReceiver &receiver) : receiver_(receiver) {}

  // Throws mre::Error(MRE_REMOTE_FAILED) for bytes that are no archive.
  void feed(std::string_view bytes);
  // True once the end mark has come: without it the archive is cut off.
  bool is_complete() const { return is_complete_; }

private:
  enum class Part { header, long_text, content, padding };
  void take_header();
  void take_long_text();
  void begin_content(char kind, std::uint64_t bytes);
  void finish_content();

  TarReceiver &receiver_;
  Part part_ = Part::header;
  std::string block_;
  std::uint64_t left_ = 0; // of the part
  std::uint64_t padding_ = 0;
  char long_kind_ = 0; // L, K, x or g
  std::string long_name_, long_target_;
  std::uint64_t pax_bytes_ = 0;
  bool has_pax_bytes_ = false;
  bool is_delivered_ = false; // the content goes to the receiver
  bool is_complete_ = false;
};

} // namespace sftp
