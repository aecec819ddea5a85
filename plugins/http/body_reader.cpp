#include "body_reader.hpp"

#include "limits.hpp"

#include <algorithm>
#include <charconv>

namespace mre_http {

bool BodyShare::grow(std::size_t bytes) {
  if (bytes <= limits::kSmallBody) {
    return true;
  }
  const std::size_t of_all = of_all_ += bytes - counted_;
  counted_ = bytes;
  return of_all <= limits::kBodyBytesOfAll;
}

BodyReader::BodyReader(const RequestHead &head, std::size_t max_bytes)
    : max_bytes_(max_bytes), is_chunked_(head.is_chunked), left_(head.content_length.value_or(0)) {
  if (is_chunked_) {
    return;
  }
  if (left_ > max_bytes_) {
    state_ = State::too_large;
  } else if (left_ == 0) {
    state_ = State::complete;
  }
}

std::size_t BodyReader::take(std::string_view bytes) {
  const std::size_t taken = is_chunked_ ? take_chunked(bytes) : take_sized(bytes);
  received_ += taken;
  return taken;
}

std::size_t BodyReader::take_sized(std::string_view bytes) {
  if (state_ != State::reading) {
    return 0;
  }
  const std::size_t count = std::min<std::uint64_t>(bytes.size(), left_);
  text_.append(bytes.substr(0, count));
  left_ -= count;
  if (left_ == 0) {
    state_ = State::complete;
  }
  return count;
}

bool BodyReader::take_line(std::string_view &bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, end);
  if (line_.size() + piece.size() > limits::kChunkLineBytes) {
    state_ = State::broken;
    return false;
  }
  line_.append(piece);
  if (end == std::string_view::npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(end + 1);
  if (line_.empty() || line_.back() != '\r') {
    state_ = State::broken;
    return false;
  }
  line_.pop_back();
  return true;
}

void BodyReader::read_size_line() {
  // RFC 9112 section 7.1.1: blanks may stand before an extension and nowhere else.
  const std::size_t extension = line_.find(';');
  std::string_view digits = std::string_view(line_).substr(0, extension);
  if (extension != std::string::npos) {
    digits.remove_suffix(digits.size() - (digits.find_last_not_of(" \t") + 1));
  }
  const char *end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || problem != std::errc() || stop != end) {
    state_ = State::broken;
  } else if (left_ > max_bytes_ - text_.size()) {
    state_ = State::too_large;
    text_ = {};
  } else {
    part_ = left_ == 0 ? Part::trailer : Part::data;
  }
  line_.clear();
}

void BodyReader::read_trailer() {
  trailer_bytes_ += line_.size();
  if (line_.empty()) {
    state_ = State::complete;
  } else if (trailer_bytes_ > limits::kTrailerBytes) {
    state_ = State::broken;
  }
  line_.clear();
}

std::size_t BodyReader::take_chunked(std::string_view bytes) {
  const std::size_t before = bytes.size();
  while (state_ == State::reading && !bytes.empty()) {
    if (part_ == Part::data) {
      const std::size_t count = std::min<std::uint64_t>(bytes.size(), left_);
      text_.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      left_ -= count;
      part_ = left_ == 0 ? Part::data_end : Part::data;
      continue;
    }
    if (!take_line(bytes)) {
      continue;
    }
    if (part_ == Part::size_line) {
      read_size_line();
    } else if (part_ == Part::trailer) {
      read_trailer();
    } else if (line_.empty()) { // the line end behind a chunk's data
      part_ = Part::size_line;
    } else {
      state_ = State::broken;
    }
  }
  return before - bytes.size();
}

} // namespace mre_http
