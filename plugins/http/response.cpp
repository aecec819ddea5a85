#include "response.hpp"

#include "limits.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>

#include <array>
#include <charconv>

namespace mre_http {

std::string Response::head(int status, const Fields &fields) const {
  using Poco::Net::HTTPResponse;
  std::string text =
      (form_.is_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ") + std::to_string(status) + " " +
      HTTPResponse::getReasonForStatus(static_cast<HTTPResponse::HTTPStatus>(status)) + "\r\n";
  const auto add_fields = [&](const Fields &list) {
    for (const auto &[name, value] : list) {
      text += name + ": " + value + "\r\n";
    }
  };
  // RFC 9110 section 6.6.1: whoever has a clock says when it answered.
  text += "Date: " +
          Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT) +
          "\r\n";
  add_fields(fields);
  add_fields(form_.fields);
  if (!form_.keeps_connection) {
    text += "Connection: close\r\n";
  } else if (!form_.is_1_1) {
    text += "Connection: keep-alive\r\n";
  }
  return text + "\r\n";
}

void Response::begin_stream(std::string &out) {
  has_begun_ = true;
  is_stream_ = true;
  if (!form_.is_1_1) {
    form_.keeps_connection = false; // the end of the connection is the end of the stream
  }
  Fields fields = {{"Content-Type", "text/event-stream"},
                   {"Cache-Control", "no-cache"},
                   {"X-Accel-Buffering", "no"}};
  if (form_.is_1_1) {
    fields.emplace_back("Transfer-Encoding", "chunked");
  }
  out += head(200, fields);
}

void Response::add_piece(std::string_view text, std::string &out) {
  if (!form_.is_1_1) {
    out.append(text);
    return;
  }
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size(), 16).ptr;
  out.append(digits.data(), end);
  out += "\r\n";
  out.append(text);
  out += "\r\n";
}

void Response::end_stream(std::string &out) {
  is_complete_ = true;
  if (form_.is_1_1) {
    out += "0\r\n\r\n";
  }
}

void Response::add(const PlainAnswer &answer, std::string &out) {
  has_begun_ = true;
  is_complete_ = true;
  Fields fields = answer.fields;
  if (answer.status != 204) {
    fields.emplace_back("Content-Length", std::to_string(answer.body.size()));
  }
  out += head(answer.status, fields);
  if (form_.has_body) {
    out += answer.body;
  }
}

void Response::add(const Message &message, std::string &out) {
  const bool is_alone = message.is_last && !has_begun_;
  if (is_alone && (message.text.empty() || form_.takes_json || message.status != 200)) {
    PlainAnswer answer{message.status, message.text, {}};
    if (!message.text.empty()) {
      answer.fields.emplace_back("Content-Type", "application/json");
    }
    if (!message.session_id.empty()) {
      answer.fields.emplace_back("Mcp-Session-Id", message.session_id);
    }
    if (message.status == 405) { // of a version without sessions; RFC 9110 section 15.5.6
      answer.fields.emplace_back("Allow", "POST");
    }
    add(answer, out);
    return;
  }
  if (!has_begun_) {
    if (!message.session_id.empty()) {
      form_.fields.emplace_back("Mcp-Session-Id", message.session_id);
    }
    begin_stream(out);
  }
  std::string event;
  if (!message.event_id.empty()) {
    event += "id: " + message.event_id + "\n";
    if (message.text.empty()) {
      event += "retry: " + std::to_string(std::chrono::milliseconds(limits::kRetry).count()) + "\n";
    }
  }
  if (!message.text.empty() || !message.event_id.empty()) {
    event += "data: " + message.text + "\n\n";
    add_piece(event, out);
  }
  if (message.is_last || message.is_pause) {
    end_stream(out);
  }
}

void Response::add_keep_alive(std::string &out) {
  if (!has_begun_) {
    begin_stream(out);
  }
  add_piece(": still here\n\n", out);
}

} // namespace mre_http
