#include "core/mcp/uri_template.hpp"

#include <cctype>
#include <cstddef>

namespace mre::mcp {
namespace {

bool can_stand_in_value(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || c == '-' || c == '.' || c == '_' || c == '~' ||
         c == '%';
}

} // namespace

bool matches_template(std::string_view uri_template, std::string_view uri) {
  // The classic backtracking match of one wildcard at a time: linear memory, at most quadratic
  // time.
  std::size_t at_template = 0;
  std::size_t at_uri = 0;
  std::size_t retry_template = std::string_view::npos;
  std::size_t retry_uri = 0;
  while (true) {
    const bool template_ended = at_template == uri_template.size();
    if (template_ended && at_uri == uri.size()) {
      return true;
    }
    if (!template_ended && uri_template[at_template] == '{') {
      const std::size_t close = uri_template.find('}', at_template);
      if (close == std::string_view::npos || at_uri == uri.size() ||
          !can_stand_in_value(uri[at_uri])) {
        return false;
      }
      retry_template = at_template = close + 1;
      retry_uri = ++at_uri;
      continue;
    }
    if (!template_ended && at_uri < uri.size() && uri_template[at_template] == uri[at_uri]) {
      ++at_template;
      ++at_uri;
      continue;
    }
    if (retry_template == std::string_view::npos || retry_uri >= uri.size() ||
        !can_stand_in_value(uri[retry_uri])) {
      return false;
    }
    at_template = retry_template;
    at_uri = ++retry_uri;
  }
}

const tools::ResourceDeclaration *find_resource(const tools::Snapshot &snapshot,
                                                std::string_view uri) {
  for (const auto &resource : snapshot.resources()) {
    if (!resource.is_template && resource.uri == uri) {
      return &resource;
    }
  }
  for (const auto &resource : snapshot.resources()) {
    if (resource.is_template && matches_template(resource.uri, uri)) {
      return &resource;
    }
  }
  return nullptr;
}

} // namespace mre::mcp
