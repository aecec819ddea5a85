// An output stream over a file descriptor.
//
// Promise: standard output belongs to the protocol and its descriptor is moved away before plugins
// are loaded, so commands write to the descriptor they are given. Every insertion is written at
// once; nothing is lost when the process ends.
// Threads: one. Lifetime: the descriptor outlives the stream.
#pragma once

#include <ostream>
#include <streambuf>

namespace mre::cli {

class FdBuffer final : public std::streambuf {
public:
  explicit FdBuffer(int fd) : fd_(fd) {}

  int failure() const { return failure_; }

private:
  std::streamsize xsputn(const char *text, std::streamsize size) override;
  int_type overflow(int_type c) override;

  int fd_;
  int failure_ = 0;
};

class FdStream final : public std::ostream {
public:
  explicit FdStream(int fd) : std::ostream(nullptr), buffer_(fd) { rdbuf(&buffer_); }

  // The errno that kept something from being written; 0 when all of it was.
  int failure() const { return buffer_.failure(); }

private:
  FdBuffer buffer_;
};

} // namespace mre::cli
