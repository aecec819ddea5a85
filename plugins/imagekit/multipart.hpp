// A multipart/form-data body (RFC 7578) around a file part that is streamed.
//
// Promise: field values are ours (names, folders, true and false), so the random boundary cannot
// appear in them; the boundary is too long to appear in the file but by malice, and then the server
// only cuts what a digest check refuses. Threads: one.
#pragma once

#include "signing.hpp"

#include <string>

namespace imagekit {

class Multipart {
public:
  Multipart(const Fields &fields, const std::string &file_name);

  const std::string &content_type() const { return content_type_; }
  const std::string &head() const { return head_; } // before the file's bytes
  const std::string &tail() const { return tail_; }

private:
  std::string content_type_, head_, tail_;
};

} // namespace imagekit
