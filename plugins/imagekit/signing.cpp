// See signing.hpp.
#include "signing.hpp"

#include "crypto.hpp"
#include "encoding.hpp"

#include <mre/plugin.hpp>

namespace imagekit {

std::string upload_signature(std::string_view private_key, std::string_view token,
                             std::int64_t expire) {
  return to_hex(hmac_sha1(private_key, std::string(token) + std::to_string(expire)));
}

std::string upload_token(std::string_view public_key, std::string_view private_key,
                         const Fields &fields, TokenTimes times) {
  const mre::json header = {{"alg", "HS256"}, {"typ", "JWT"}, {"kid", public_key}};
  mre::json payload = mre::json::object();
  for (const auto &[name, value] : fields) {
    payload[name] = value;
  }
  payload["iat"] = times.issued;
  payload["exp"] = times.expires;
  const std::string signed_part =
      to_base64url(mre::dump(header)) + "." + to_base64url(mre::dump(payload));
  return signed_part + "." + to_base64url(hmac_sha256(private_key, signed_part));
}

std::string signed_url(std::string_view endpoint, std::string_view path, std::int64_t expires,
                       std::string_view private_key) {
  const std::string expiry = std::to_string(expires);
  const std::string signature = to_hex(hmac_sha1(private_key, std::string(path) + expiry));
  return std::string(endpoint) + "/" + std::string(path) + "?ik-t=" + expiry + "&ik-s=" + signature;
}

} // namespace imagekit
