#include "core/tools/schema_uri.hpp"

#include <algorithm>
#include <cctype>

namespace mre::tools::schema {
namespace {

struct Parts {
  std::string scheme;    // with ':'
  std::string authority; // with '//'
  std::string path;
  std::string query; // with '?'
};

Parts split(std::string_view uri) {
  Parts parts;
  const std::size_t colon = uri.find(':');
  const std::size_t other = uri.find_first_of("/?");
  if (colon != std::string_view::npos && colon > 0 &&
      (other == std::string_view::npos || colon < other)) {
    parts.scheme = uri.substr(0, colon + 1);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) {
    const std::size_t end = std::min(uri.find_first_of("/?", 2), uri.size());
    parts.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  }
  const std::size_t question = std::min(uri.find('?'), uri.size());
  parts.path = uri.substr(0, question);
  parts.query = uri.substr(question);
  return parts;
}

// RFC 3986 section 5.2.4.
std::string remove_dot_segments(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./")) {
      in.remove_prefix(2);
    } else if (in.starts_with("/./") || in == "/.") {
      in = in.size() == 2 ? std::string_view("/") : in.substr(2);
    } else if (in.starts_with("/../") || in == "/..") {
      in = in.size() == 3 ? std::string_view("/") : in.substr(3);
      out.resize(std::min(out.rfind('/'), out.size()));
    } else if (in == "." || in == "..") {
      in = {};
    } else {
      const std::size_t end = std::min(in.find('/', 1), in.size());
      out += in.substr(0, end);
      in.remove_prefix(end);
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) -> int {
      const char c = at < text.size() ? text[at] : 'x';
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    };
    if (text[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
      out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

} // namespace

UriReference split_fragment(std::string_view reference) {
  const std::size_t hash = reference.find('#');
  if (hash == std::string_view::npos) {
    return {std::string(reference), {}};
  }
  return {std::string(reference.substr(0, hash)), percent_decode(reference.substr(hash + 1))};
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  if (reference.empty()) {
    return std::string(base);
  }
  Parts target = split(reference);
  if (!target.scheme.empty()) {
    return target.scheme + target.authority + remove_dot_segments(target.path) + target.query;
  }
  const Parts from = split(base);
  target.scheme = from.scheme;
  if (!target.authority.empty()) {
    return target.scheme + target.authority + remove_dot_segments(target.path) + target.query;
  }
  target.authority = from.authority;
  if (target.path.empty()) {
    target.path = from.path;
    target.query = target.query.empty() ? from.query : target.query;
  } else if (!target.path.starts_with('/')) {
    const std::size_t slash = from.path.rfind('/');
    const std::string folder = slash != std::string::npos ? from.path.substr(0, slash + 1)
                               : from.authority.empty()   ? std::string()
                                                          : "/";
    target.path = folder + target.path;
  }
  return target.scheme + target.authority + remove_dot_segments(target.path) + target.query;
}

} // namespace mre::tools::schema
