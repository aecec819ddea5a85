// What is decided about a request before its body is read: who may knock, and at which door.
//
// Promise: one fixed order: rate, Host and Origin (403), path (404), token (401), method (405),
// media types (415, 406), size (413). A token is compared in constant time and never repeated in an
// answer. Threads: any. Lifetime: the settings outlive it.
#pragma once

#include "rate_limiter.hpp"
#include "request_head.hpp"
#include "settings.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mre_http {

using Fields = std::vector<std::pair<std::string, std::string>>;

// An answer that needs nobody else.
struct PlainAnswer {
  int status = 400;
  std::string body;
  Fields fields = {}; // Content-Type among them when there is a body
};

struct Caller {
  std::string address; // the peer's IP address
  bool uses_tls = false;
  std::chrono::steady_clock::time_point now;
};

class FrontDoor {
public:
  FrontDoor(const Settings &settings, std::size_t max_body_bytes);

  // Nothing: the request goes on to the protocol.
  std::optional<PlainAnswer> judge(const RequestHead &head, const Caller &caller);
  // What every answer to this request carries for browsers of an allowed origin.
  Fields cors_fields(const RequestHead &head, bool uses_tls) const;
  // What to call whoever passed: as mre_client.principal.
  const char *principal() const { return settings_.token.empty() ? "anonymous" : "bearer"; }
  void set_stopping() { is_stopping_ = true; }

private:
  bool is_known_host(const RequestHead &head) const;
  bool is_known_origin(const RequestHead &head, const std::string &origin, bool uses_tls) const;
  std::optional<PlainAnswer> judge_origin(const RequestHead &head, const Caller &caller) const;
  std::optional<PlainAnswer> judge_token(const RequestHead &head, const Caller &caller);
  std::optional<PlainAnswer> judge_content(const RequestHead &head) const;

  const Settings &settings_;
  const std::size_t max_body_bytes_;
  const std::string token_digest_;
  RateLimiter requests_;
  RateLimiter wrong_tokens_;
  std::atomic<bool> is_stopping_{false};
};

// Whether the client takes this form of an answer; one that says nothing takes both.
bool accepts_json(const RequestHead &head);
bool accepts_events(const RequestHead &head);

// An answer with a JSON-RPC error without an id as its body.
PlainAnswer refusal(int status, const std::string &message, Fields fields = {});

} // namespace mre_http
