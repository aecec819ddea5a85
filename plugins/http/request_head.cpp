#include "request_head.hpp"

#include "limits.hpp"

#include <algorithm>
#include <charconv>

namespace mre_http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Origin form, or absolute form as a proxy would send it; the authority of the latter is not used.
bool take_target(std::string_view target, RequestHead &head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.substr(0, scheme.size()) == scheme) {
      const std::size_t path = target.find('/', scheme.size());
      target = path == std::string_view::npos ? "/" : target.substr(path);
      break;
    }
  }
  if (target.empty() || target[0] != '/' || std::any_of(target.begin(), target.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
      })) {
    return false;
  }
  const std::size_t question = target.find('?');
  head.path = target.substr(0, question);
  head.query = question == std::string_view::npos ? "" : target.substr(question + 1);
  return true;
}

std::optional<BadRequest> take_request_line(std::string_view line, RequestHead &head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) {
    return BadRequest{400, "the request line is not 'METHOD target HTTP/1.1'"};
  }
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_http = version.substr(0, 5) == "HTTP/";
    return BadRequest{is_http ? 505 : 400, "only HTTP/1.1 and HTTP/1.0 are served"};
  }
  head.is_1_1 = version == "HTTP/1.1";
  if (!is_token(line.substr(0, first)) ||
      !take_target(line.substr(first + 1, last - first - 1), head)) {
    return BadRequest{400, "the request line is not 'METHOD target HTTP/1.1'"};
  }
  head.method = line.substr(0, first);
  return std::nullopt;
}

std::optional<BadRequest> take_field(std::string_view line, RequestHead &head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return BadRequest{400, "a header line is not 'Name: value'"};
  }
  const std::string_view value = trim(line.substr(colon + 1));
  if (!is_field_value(value)) {
    return BadRequest{400, "a header holds control characters"};
  }
  if (head.fields.size() >= limits::kFields) {
    return BadRequest{431, "more than " + std::to_string(limits::kFields) + " headers"};
  }
  head.fields.emplace_back(line.substr(0, colon), value);
  return std::nullopt;
}

std::optional<BadRequest> take_length(RequestHead &head) {
  const auto count = [&](std::string_view name) {
    return std::count_if(head.fields.begin(), head.fields.end(),
                         [&](const auto &field) { return is_same_word(field.first, name); });
  };
  const std::string *length = head.find("Content-Length");
  const std::string *coding = head.find("Transfer-Encoding");
  if (count("Content-Length") > 1 || count("Transfer-Encoding") > 1 ||
      (length != nullptr && coding != nullptr)) {
    return BadRequest{400, "the body's length is given more than once"};
  }
  if (length != nullptr) {
    std::uint64_t bytes = 0;
    const char *end = length->data() + length->size();
    const auto [stop, problem] = std::from_chars(length->data(), end, bytes);
    if (problem != std::errc() || stop != end || length->empty()) {
      return BadRequest{400, "Content-Length is not a number of bytes"};
    }
    head.content_length = bytes;
  }
  if (coding != nullptr) {
    if (!is_same_word(*coding, "chunked") || !head.is_1_1) {
      return BadRequest{501, "the only Transfer-Encoding served is chunked"};
    }
    head.is_chunked = true;
  }
  return std::nullopt;
}

std::optional<BadRequest> take_connection(RequestHead &head) {
  const auto hosts = std::count_if(head.fields.begin(), head.fields.end(), [](const auto &field) {
    return is_same_word(field.first, "Host");
  });
  if (hosts > 1 || (hosts == 0 && head.is_1_1)) {
    return BadRequest{400, "exactly one Host header is needed"};
  }
  // Of two of these a proxy in front may have judged the other one.
  for (const std::string_view name :
       {"Authorization", "Content-Type", "Origin", "Mcp-Session-Id", "Last-Event-ID"}) {
    if (std::count_if(head.fields.begin(), head.fields.end(),
                      [&](const auto &field) { return is_same_word(field.first, name); }) > 1) {
      return BadRequest{400, "the header " + std::string(name) + " is given more than once"};
    }
  }
  head.keeps_connection = head.is_1_1;
  if (const std::string *connection = head.find("Connection")) {
    head.keeps_connection =
        head.is_1_1 ? !is_same_word(*connection, "close") : is_same_word(*connection, "keep-alive");
  }
  const std::string *expect = head.find("Expect");
  if (expect != nullptr && !is_same_word(*expect, "100-continue")) {
    return BadRequest{417, "the only expectation that can be met is 100-continue"};
  }
  head.expects_continue = expect != nullptr && head.is_1_1;
  return std::nullopt;
}

} // namespace

bool is_same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

const std::string *RequestHead::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto &field) {
    return is_same_word(field.first, name);
  });
  return found == fields.end() ? nullptr : &found->second;
}

std::size_t find_head_end(std::string_view bytes) {
  const std::size_t found = bytes.find("\r\n\r\n");
  return found == std::string_view::npos ? found : found + 4;
}

std::variant<RequestHead, BadRequest> parse_head(std::string_view head) {
  RequestHead parsed;
  bool is_first = true;
  while (true) {
    const std::size_t end = head.find(kLineEnd);
    if (end == std::string_view::npos) {
      return BadRequest{400, "the head is not complete"};
    }
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + kLineEnd.size());
    if (line.find_first_of("\r\n") != std::string_view::npos) {
      return BadRequest{400, "a line does not end with CR LF"};
    }
    if (line.empty()) {
      break;
    }
    auto bad = is_first ? take_request_line(line, parsed) : take_field(line, parsed);
    if (bad) {
      return *std::move(bad);
    }
    is_first = false;
  }
  if (is_first) {
    return BadRequest{400, "there is no request line"};
  }
  if (auto bad = take_length(parsed)) {
    return *std::move(bad);
  }
  if (auto bad = take_connection(parsed)) {
    return *std::move(bad);
  }
  return parsed;
}

} // namespace mre_http
