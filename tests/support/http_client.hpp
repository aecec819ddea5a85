// A client of HTTP/1.1 that sends exactly the bytes it is told to, well-formed or not.
//
// Promise: every wait is bounded; what is no HTTP response throws std::runtime_error. Threads: one.
// Lifetime: the connection is closed with the object.
//
//   HttpConnection http(port);
//   http.send(http_post({{"Mcp-Method", "tools/list"}}, body));
//   CHECK(http.response().status == 200);
#pragma once

#include "core/base/json.hpp"
#include "core/base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mre::testing {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> fields; // names in lower case
  std::string body;                          // without chunks
  Json json() const { return Json::parse(body); }
};

struct ServerEvent {
  std::string id, data;
  bool has_retry = false;
};

class HttpConnection {
public:
  static constexpr std::chrono::milliseconds kHttpPatience{20000};

  explicit HttpConnection(std::uint16_t port);

  void send(const std::string &bytes);
  // One whole response.
  HttpResponse response();
  // Its head alone; the events of its stream come by event().
  HttpResponse head();
  // Nothing when the stream ended.
  std::optional<ServerEvent> event();
  // The server has closed, or does within the time.
  bool is_closed(std::chrono::milliseconds patience = kHttpPatience);
  void close() { socket_.reset(); }

private:
  bool fill(std::chrono::milliseconds patience);
  std::string take_line();
  // The next piece of a body in chunks; empty: it is over.
  std::string chunk();

  UniqueFd socket_;
  std::string buffer_;
  std::string events_;
  bool stream_has_ended_ = false;
};

// A POST to /mcp with Host, Content-Type, Accept and Content-Length, unless the fields say
// otherwise; an empty value leaves a field out.
std::string http_post(const HttpFields &fields, const std::string &body);
std::string http_request(const std::string &method, const std::string &target,
                         const HttpFields &fields);

} // namespace mre::testing
