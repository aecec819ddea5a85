// The body of one request, piece by piece: of a known length, or chunked (RFC 9112 section 7.1).
//
// Promise: takes exactly the body's bytes and no more; a body beyond the limit is known as soon as
// it is, and nothing of it is kept any more. Threads: belongs to its connection.
#pragma once

#include "request_head.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mre_http {

// The part of one body in the bytes that all clients together may hold (limits::kBodyBytesOfAll).
class BodyShare {
public:
  explicit BodyShare(std::atomic<std::size_t> &of_all) : of_all_(of_all) {}
  ~BodyShare() { of_all_ -= counted_; }
  BodyShare(const BodyShare &) = delete;
  BodyShare &operator=(const BodyShare &) = delete;

  // False when a body of this size is too much for all together.
  bool grow(std::size_t bytes);

private:
  std::atomic<std::size_t> &of_all_;
  std::size_t counted_ = 0;
};

class BodyReader {
public:
  enum class State { reading, complete, too_large, broken };

  // For the body that this head announces.
  BodyReader(const RequestHead &head, std::size_t max_bytes);

  State state() const { return state_; }
  // Takes from the front of `bytes` what belongs to the body and returns how much that was.
  std::size_t take(std::string_view bytes);
  std::string &text() { return text_; }
  std::uint64_t received() const { return received_; } // framing included

private:
  enum class Part { size_line, data, data_end, trailer };
  std::size_t take_sized(std::string_view bytes);
  std::size_t take_chunked(std::string_view bytes);
  // Consumes up to a line end; true when the line is complete in line_.
  bool take_line(std::string_view &bytes);
  void read_size_line();
  void read_trailer();

  const std::size_t max_bytes_;
  const bool is_chunked_;
  State state_ = State::reading;
  Part part_ = Part::size_line;
  std::uint64_t left_ = 0; // of the body, or of the chunk
  std::size_t trailer_bytes_ = 0;
  std::string line_;
  std::string text_;
  std::uint64_t received_ = 0;
};

} // namespace mre_http
