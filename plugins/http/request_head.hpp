// The head of one HTTP/1 request: request line and header fields (RFC 9112).
//
// Promise: strict, because what two parsers read differently can be smuggled past one of them: no
// folded lines, no blank before a colon, no bare line ends, no control characters, one Host, never
// both Content-Length and Transfer-Encoding. What is refused says which status answers it. Threads:
// pure functions over values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mre_http {

struct RequestHead {
  std::string method;
  std::string path;  // without the query
  std::string query; // without the question mark
  bool is_1_1 = true;
  std::vector<std::pair<std::string, std::string>> fields; // values without blanks around them
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
  bool keeps_connection = true;
  bool expects_continue = false;

  // The first field of the name, without regard to case; null when there is none.
  const std::string *find(std::string_view name) const;
};

struct BadRequest {
  int status = 400;
  std::string why;
};

// Where the head ends (behind its empty line), or npos when it is not complete yet.
std::size_t find_head_end(std::string_view bytes);
// `head` up to and with its empty line.
std::variant<RequestHead, BadRequest> parse_head(std::string_view head);

bool is_same_word(std::string_view a, std::string_view b); // without regard to case
std::string_view trim(std::string_view text);              // blanks and tabs

} // namespace mre_http
