// The head and the body of an HTTP request: however the bytes are cut, the same request comes, none
// of it over its limit, and nothing in a head that could end a line.
#include "plugins/http/body_reader.hpp"
#include "plugins/http/request_head.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace mre_http;

constexpr std::size_t kLimit = 64;

struct Read {
  BodyReader::State state;
  std::string text;
  std::size_t taken;
};

Read read_body(const RequestHead &head, std::string_view bytes, std::size_t piece) {
  BodyReader reader(head, kLimit);
  std::size_t taken = 0;
  while (taken < bytes.size() && reader.state() == BodyReader::State::reading) {
    const std::size_t used = reader.take(bytes.substr(taken, piece));
    if (used == 0 && reader.state() == BodyReader::State::reading) {
      std::abort(); // it wants more and takes nothing
    }
    taken += used;
  }
  if (reader.text().size() > kLimit) {
    std::abort();
  }
  return {reader.state(), reader.text(), taken};
}

void check_head(const RequestHead &head) {
  const auto breaks = [](const std::string &text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
  };
  const bool is_broken =
      breaks(head.method) || breaks(head.path) || head.path.front() != '/' || breaks(head.query) ||
      (head.is_chunked && head.content_length) ||
      std::any_of(head.fields.begin(), head.fields.end(), [&](const auto &field) {
        return field.first.empty() || breaks(field.first) || breaks(field.second);
      });
  if (is_broken) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(data, data + size);
  const std::size_t end = find_head_end(bytes);
  if (end == std::string::npos) {
    return 0;
  }
  const auto parsed = parse_head(std::string_view(bytes).substr(0, end));
  const auto *head = std::get_if<RequestHead>(&parsed);
  if (head == nullptr) {
    return 0;
  }
  check_head(*head);
  const std::string_view body = std::string_view(bytes).substr(end);
  const Read whole = read_body(*head, body, body.size() + 1);
  for (const std::size_t piece : {1U, 3U}) {
    const Read pieces = read_body(*head, body, piece);
    const bool is_same = pieces.state == whole.state && pieces.text == whole.text;
    // Of a body that is whole every byte counts; a broken one ends wherever it was seen to be.
    if (!is_same || (whole.state == BodyReader::State::complete && pieces.taken != whole.taken)) {
      std::abort();
    }
  }
  return 0;
}
