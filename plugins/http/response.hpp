// One HTTP response on its way out: the commitment to a form, and its bytes (RFC 9112; server-sent
// events as in the HTML standard).
//
// Promise: nothing is decided before the first message: an answer alone is one JSON object with its
// own status, anything else an event stream with 200. An event is complete in the bytes as soon as
// it is added. Threads: belongs to its connection.
#pragma once

#include "answer.hpp"
#include "front_door.hpp"

#include <string>

namespace mre_http {

struct ResponseForm {
  bool is_1_1 = true;
  bool keeps_connection = true;
  bool has_body = true; // not for HEAD
  bool takes_json = true;
  bool takes_events = true;
  Fields fields; // of every answer to this request
};

class Response {
public:
  Response() = default;
  explicit Response(ResponseForm form) : form_(std::move(form)) {}

  bool has_begun() const { return has_begun_; }
  bool is_stream() const { return is_stream_; }
  bool is_complete() const { return is_complete_; }
  // After a complete response the connection takes the next request.
  bool keeps_connection() const { return form_.keeps_connection; }
  void close_afterwards() { form_.keeps_connection = false; }

  void add(const Message &message, std::string &out);
  void add(const PlainAnswer &answer, std::string &out);
  // A comment that proves the stream alive; begins it when nothing was said so far.
  void add_keep_alive(std::string &out);

private:
  void begin_stream(std::string &out);
  void add_piece(std::string_view text, std::string &out);
  void end_stream(std::string &out);
  std::string head(int status, const Fields &fields) const;

  ResponseForm form_;
  bool has_begun_ = false;
  bool is_stream_ = false;
  bool is_complete_ = false;
};

} // namespace mre_http
