// HTTPS requests, one connection each.
//
// Promise: the certificate is always verified, against the system's authorities and those of the
// settings, and against the host's name; nothing is followed, cached or kept. Bodies stream in both
// directions. A silent or trickling peer ends in timed_out, a cancel within a moment. Failures are
// TransportFailures; any HTTP status is an answer. Threads: a Client is shared; a Response belongs
// to one thread. Lifetime: a Response borrows the Patience it was made with.
#pragma once

#include "relay.hpp"
#include "settings.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace imagekit {

enum class Trouble { unreachable, tls, timed_out, cut };

class TransportFailure : public mre::Error {
public:
  TransportFailure(Trouble kind, const std::string &message, std::string hint);
  Trouble trouble() const { return trouble_; }

private:
  Trouble trouble_;
};

struct HttpRequest {
  std::string method, url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string head, tail;         // the body, around …
  std::uint64_t stream_bytes = 0; // … as many bytes of …
  const Feed *stream = nullptr;
  std::uint64_t answer_bytes = 0; // expected; a longer answer may take longer
};

class HttpResponse {
public:
  virtual ~HttpResponse() = default;
  virtual int status() const = 0;
  virtual std::string header(const std::string &name) const = 0;    // empty when absent
  virtual std::size_t read(char *buffer, std::size_t capacity) = 0; // 0 at the end
  // The whole body, cut at max_bytes.
  std::string text(std::size_t max_bytes);
};

struct HttpLimits {
  // A name, TCP and TLS across the world take well under 2 s.
  std::chrono::milliseconds connect{10000};
  // The service's own longest pause that was reported is 8 s.
  std::chrono::milliseconds silence{20000};
  // For all of it, beside what the bytes need at the least speed that is worth waiting for.
  std::chrono::milliseconds exchange{60000};
};

class HttpClient {
public:
  // Throws mre::Error when ca_file cannot be read.
  HttpClient(const std::string &ca_file, ProxySettings proxy, HttpLimits limits = {});
  ~HttpClient();
  HttpClient(const HttpClient &) = delete;
  HttpClient &operator=(const HttpClient &) = delete;

  std::unique_ptr<HttpResponse> send(const HttpRequest &request, const Patience &patience) const;

private:
  class Tls;
  std::unique_ptr<Tls> tls_;
  ProxySettings proxy_;
  HttpLimits limits_;
};

} // namespace imagekit
