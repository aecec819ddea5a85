#include "front_door.hpp"

#include "limits.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace mre_http {
namespace {

constexpr std::string_view kEndpoint = "/mcp";
constexpr int kInvalidRequest = -32600; // JSON-RPC 2.0

// Equal digests for equal tokens: the comparison takes the same time for every input, and says
// nothing about the length.
std::string digest(std::string_view text) {
  unsigned char bytes[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char *>(text.data()), text.size(), bytes);
  return {reinterpret_cast<const char *>(bytes), sizeof bytes};
}

bool is_listed(const std::vector<std::string> &list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string &entry) { return is_same_word(entry, word); });
}

// "[::1]:8080" -> "[::1]", "host:80" -> "host".
std::string_view without_port(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? authority.substr(0, colon) : authority;
}

// "[::1]:8080" -> ":8080", "host" -> "".
std::string_view port_of(std::string_view authority) {
  return authority.substr(without_port(authority).size());
}

std::string_view authority_of(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

bool accepts(const RequestHead &head, std::string_view type, std::string_view range) {
  const std::string *accepted = head.find("Accept");
  if (accepted == nullptr) {
    return true;
  }
  std::string_view rest = *accepted;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = trim(rest.substr(0, comma));
    const std::string_view media = trim(item.substr(0, item.find(';')));
    if (is_same_word(media, type) || is_same_word(media, range) || media == "*/*") {
      return true;
    }
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

bool is_probe(const RequestHead &head) {
  return head.path == "/livez" || head.path == "/readyz";
}

PlainAnswer plain(int status, const std::string &text) {
  return {status, text + "\n", {{"Content-Type", "text/plain; charset=utf-8"}}};
}

} // namespace

bool accepts_json(const RequestHead &head) {
  return accepts(head, "application/json", "application/*");
}

bool accepts_events(const RequestHead &head) {
  return accepts(head, "text/event-stream", "text/*");
}

PlainAnswer refusal(int status, const std::string &message, Fields fields) {
  const mre::json body = {{"jsonrpc", "2.0"},
                          {"error", {{"code", kInvalidRequest}, {"message", message}}}};
  fields.emplace_back("Content-Type", "application/json");
  return {status, mre::dump(body), std::move(fields)};
}

FrontDoor::FrontDoor(const Settings &settings, std::size_t max_body_bytes)
    : settings_(settings), max_body_bytes_(max_body_bytes),
      token_digest_(settings.token.empty() ? "" : digest(settings.token)),
      requests_(settings.requests_per_minute, limits::kAddresses),
      wrong_tokens_(limits::kWrongTokensPerMinute, limits::kAddresses) {}

// On loopback a foreign name means that a browser was led here (DNS rebinding); an address that
// others may reach can have any name, and asks for a token.
bool FrontDoor::is_known_host(const RequestHead &head) const {
  const std::string *host = head.find("Host");
  if (host == nullptr) {
    return true; // HTTP/1.0; browsers do not speak it
  }
  const std::string_view name = without_port(*host);
  if (is_loopback_name(name) || is_listed(settings_.allowed_hosts, name) ||
      is_listed(settings_.allowed_hosts, *host) || is_same_word(name, settings_.host)) {
    return true;
  }
  for (const auto &origin : settings_.allowed_origins) {
    if (is_same_word(without_port(authority_of(origin)), name)) {
      return true;
    }
  }
  return settings_.allowed_hosts.empty() && !settings_.token.empty() &&
         !is_loopback_name(settings_.host);
}

bool FrontDoor::is_known_origin(const RequestHead &head, const std::string &origin,
                                bool uses_tls) const {
  if (is_listed(settings_.allowed_origins, origin)) {
    return true;
  }
  // A page of this very port, by any of the names that only this machine has.
  const std::string *host = head.find("Host");
  if (host == nullptr || !is_loopback_name(without_port(*host))) {
    return false;
  }
  const std::string_view authority = authority_of(origin);
  return is_loopback_name(without_port(authority)) && port_of(authority) == port_of(*host) &&
         is_same_word(std::string_view(origin).substr(0, origin.size() - authority.size()),
                      uses_tls ? "https://" : "http://");
}

std::optional<PlainAnswer> FrontDoor::judge_origin(const RequestHead &head,
                                                   const Caller &caller) const {
  if (!is_known_host(head)) {
    return refusal(403, "the Host header names a server that this one is not; HTTP_ALLOWED_HOSTS "
                        "lists further names");
  }
  const std::string *origin = head.find("Origin");
  if (origin != nullptr && !is_known_origin(head, *origin, caller.uses_tls)) {
    return refusal(403, "requests of web pages are served for the origins in HTTP_ALLOWED_ORIGINS "
                        "only, and this one is not among them");
  }
  return std::nullopt;
}

// RFC 6750 section 3; the token is taken from this header and from nowhere else.
std::optional<PlainAnswer> FrontDoor::judge_token(const RequestHead &head, const Caller &caller) {
  if (settings_.token.empty()) {
    return std::nullopt;
  }
  if (wrong_tokens_.is_spent(caller.address, caller.now)) {
    const int seconds = wrong_tokens_.seconds_left(caller.address, caller.now);
    return refusal(429, "too many wrong tokens from this address; wait",
                   {{"Retry-After", std::to_string(seconds)}});
  }
  const std::string challenge = "Bearer realm=\"mcp-remote-exec\"";
  const std::string *authorization = head.find("Authorization");
  if (authorization == nullptr) {
    return refusal(401, "a bearer token is needed in the Authorization header",
                   {{"WWW-Authenticate", challenge}});
  }
  const std::string_view given = *authorization;
  const std::size_t blank = given.find(' ');
  if (!is_same_word(given.substr(0, blank), "Bearer")) {
    return refusal(401, "the Authorization header must be 'Bearer' and the token",
                   {{"WWW-Authenticate", challenge}});
  }
  const std::string_view token =
      blank == std::string_view::npos ? std::string_view() : trim(given.substr(blank));
  if (token.empty() || token.find_first_of(" \t,") != std::string_view::npos) {
    return refusal(400, "the Authorization header must be 'Bearer' and one token",
                   {{"WWW-Authenticate", challenge + ", error=\"invalid_request\""}});
  }
  const std::string given_digest = digest(token);
  if (CRYPTO_memcmp(given_digest.data(), token_digest_.data(), token_digest_.size()) != 0) {
    static_cast<void>(wrong_tokens_.take(caller.address, caller.now));
    return refusal(401, "the token is not the one of this server",
                   {{"WWW-Authenticate", challenge + ", error=\"invalid_token\""}});
  }
  return std::nullopt;
}

std::optional<PlainAnswer> FrontDoor::judge_content(const RequestHead &head) const {
  if (head.method == "GET" && !accepts_events(head)) {
    return refusal(406, "a GET is answered by text/event-stream; Accept must allow it");
  }
  if (head.method != "POST") {
    return std::nullopt;
  }
  const std::string *type = head.find("Content-Type");
  const std::string_view media = type == nullptr
                                     ? std::string_view()
                                     : trim(std::string_view(*type).substr(0, type->find(';')));
  if (!is_same_word(media, "application/json")) {
    return refusal(415, "Content-Type must be application/json");
  }
  const std::string *coding = head.find("Content-Encoding");
  if (coding != nullptr && !is_same_word(trim(*coding), "identity")) {
    return refusal(415, "a body is taken as it is: Content-Encoding is not served",
                   {{"Accept-Encoding", "identity"}}); // RFC 9110 section 15.5.16
  }
  if (!accepts_json(head) && !accepts_events(head)) {
    return refusal(406,
                   "answers are application/json or text/event-stream; Accept must allow both");
  }
  if (!head.is_chunked && !head.content_length) {
    return refusal(411, "a POST needs a Content-Length or chunks");
  }
  if (head.content_length.value_or(0) > max_body_bytes_) {
    return refusal(413, "the message is longer than " + std::to_string(max_body_bytes_) + " bytes");
  }
  return std::nullopt;
}

Fields FrontDoor::cors_fields(const RequestHead &head, bool uses_tls) const {
  const std::string *origin = head.find("Origin");
  if (origin == nullptr || !is_known_origin(head, *origin, uses_tls)) {
    return {};
  }
  return {{"Access-Control-Allow-Origin", *origin},
          {"Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate"},
          {"Vary", "Origin"}};
}

std::optional<PlainAnswer> FrontDoor::judge(const RequestHead &head, const Caller &caller) {
  if (is_probe(head) && (head.method == "GET" || head.method == "HEAD")) {
    const bool is_ready = head.path == "/livez" || !is_stopping_;
    return is_ready ? plain(200, "ok") : plain(503, "stopping");
  }
  if (!requests_.take(caller.address, caller.now)) {
    const int seconds = requests_.seconds_left(caller.address, caller.now);
    return refusal(429, "too many requests from this address; wait",
                   {{"Retry-After", std::to_string(seconds)}});
  }
  if (auto refused = judge_origin(head, caller)) {
    return refused;
  }
  if (head.path != kEndpoint) {
    return refusal(404, "there is nothing here; the endpoint is " + std::string(kEndpoint));
  }
  if (head.method == "OPTIONS") { // a browser asks before it sends; it has no token to show yet
    const std::string *wanted = head.find("Access-Control-Request-Headers");
    return PlainAnswer{204,
                       "",
                       {{"Allow", "POST, GET, DELETE"},
                        {"Access-Control-Allow-Methods", "POST, GET, DELETE"},
                        {"Access-Control-Allow-Headers", wanted == nullptr ? "*" : *wanted},
                        {"Access-Control-Max-Age", "600"}}};
  }
  if (auto refused = judge_token(head, caller)) {
    return refused;
  }
  if (head.method != "POST" && head.method != "GET" && head.method != "DELETE") {
    return refusal(405, "the endpoint takes POST, GET and DELETE",
                   {{"Allow", "POST, GET, DELETE"}});
  }
  if (is_stopping_) {
    return refusal(503, "the server is ending", {{"Retry-After", "5"}});
  }
  return judge_content(head);
}

} // namespace mre_http
