// URI references as RFC 3986 section 5 resolves them; enough for $id and $ref inside one document.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace mre::tools::schema {

struct UriReference {
  std::string without_fragment;
  std::string fragment; // percent-decoded, without '#'
};

UriReference split_fragment(std::string_view reference);
// The absolute form of a reference without fragment; with an empty base the reference itself.
std::string resolve_uri(std::string_view base, std::string_view reference);

} // namespace mre::tools::schema
