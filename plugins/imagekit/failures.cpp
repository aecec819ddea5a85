// See failures.hpp.
#include "failures.hpp"

namespace imagekit {

namespace {

constexpr std::size_t kErrorBytes = 16384; // errors are a few hundred bytes of JSON
constexpr std::size_t kShownBytes = 300;

struct Meaning {
  mre_status status;
  const char *hint;
};

Meaning meaning_of(int status, const std::string &words) {
  switch (status) {
  case 401:
    return {MRE_AUTH_FAILED, "check IMAGEKIT_PRIVATE_KEY, and that IMAGEKIT_URL_ENDPOINT is of the "
                             "same account"};
  case 403:
    return {MRE_DENIED, "check that IMAGEKIT_PUBLIC_KEY and IMAGEKIT_PRIVATE_KEY belong together "
                        "and may upload, list, read and delete files"};
  case 404:
    return {MRE_NOT_FOUND, "check IMAGEKIT_URL_ENDPOINT and IMAGEKIT_API_URL"};
  case 413:
    return {MRE_TOO_LARGE, "lower IMAGEKIT_MAX_OBJECT_BYTES to what the account's plan takes"};
  case 429:
    return {MRE_LIMIT, "the account's rate limit is reached: call again in a minute"};
  default:
    break;
  }
  if (status >= 500) {
    return {MRE_REMOTE_FAILED, "ImageKit has a problem of its own: call again in a minute"};
  }
  return {MRE_REMOTE_FAILED, words.find("expire") != std::string::npos
                                 ? "check the clock of the server's machine"
                                 : "check the IMAGEKIT_* settings"};
}

// The JSON's message; nothing of any other body, which may be a proxy's page of HTML.
std::string words_in(HttpResponse &response) {
  try {
    const mre::json body = mre::json::parse(response.text(kErrorBytes), nullptr, false);
    if (body.is_object() && body.contains("message") && body["message"].is_string()) {
      return body["message"].get<std::string>().substr(0, kShownBytes);
    }
  } catch (const TransportFailure &) { // the status is worth more than the loss of its text
  }
  return {};
}

} // namespace

mre::Error failure_of(HttpResponse &response, const std::string &what) {
  std::string words = words_in(response);
  const std::string from_delivery = response.header("ik-error");
  if (words.empty()) {
    words = from_delivery.substr(0, kShownBytes);
  }
  const std::string request_id = response.header("x-ik-requestid");
  const Meaning meaning = meaning_of(response.status(), words);
  return {meaning.status,
          "ImageKit answered " + std::to_string(response.status()) + " to: " + what +
              (words.empty() ? "" : ": " + words) +
              (request_id.empty() ? "" : " (request " + request_id.substr(0, 64) + ")"),
          meaning.hint};
}

} // namespace imagekit
