// See imagekit_store.hpp.
#include "tests/support/imagekit_store.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace mre::testing {

namespace {

constexpr std::int64_t kHour = 3600;

std::string hmac(const EVP_MD *digest, const std::string &key, const std::string &message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int length = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char *>(message.data()), message.size(), out.data(),
       &length);
  return {reinterpret_cast<const char *>(out.data()), length};
}

std::string from_base64url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return base64_decode(text).value_or("");
}

StoreAnswer refusal(int status, const std::string &message) {
  return {
      status,
      {{"message", message}, {"help", "For support kindly contact us at support@imagekit.io ."}}};
}

std::string field(const FormFields &fields, const std::string &name,
                  const std::string &fallback = {}) {
  const auto found = fields.find(name);
  return found == fields.end() ? fallback : found->second;
}

std::int64_t number(const std::string &text) {
  return std::strtoll(text.c_str(), nullptr, 10);
}

Json describe(const KeptObject &object) {
  return {
      {"type", "file"},
      {"fileId", object.id},
      {"name", object.name},
      {"filePath", object.path()},
      {"size", object.bytes.size()},
      {"fileType", "non-image"},
      {"isPrivateFile", object.is_private},
      {"url", "https://elsewhere.invalid" + object.path()},
      {"versionInfo", {{"id", object.id}, {"name", "Version " + std::to_string(object.versions)}}}};
}

// "file.size" <= "25mb"
bool fits(const std::string &checks, std::size_t size) {
  const std::string begin = "\"file.size\" <= \"";
  if (checks.rfind(begin, 0) != 0) {
    return false;
  }
  const std::string limit = checks.substr(begin.size());
  const std::size_t unit = limit.find_first_not_of("0123456789");
  const std::size_t factor = limit.compare(unit, std::string::npos, "mb\"") == 0   ? 1000000
                             : limit.compare(unit, std::string::npos, "kb\"") == 0 ? 1000
                                                                                   : 0;
  return size <= static_cast<std::size_t>(number(limit)) * factor;
}

} // namespace

std::optional<StoreAnswer> ImageKitStore::refuse_v1(const FormFields &fields) {
  const std::string token = field(fields, "token");
  const std::string expire = field(fields, "expire");
  if (token.empty() || expire.empty() || field(fields, "signature").empty()) {
    return refusal(400, "Your request is missing token, expire or signature.");
  }
  if (field(fields, "publicKey") != keys_.public_key) {
    return refusal(403, "Your request contains invalid public API key.");
  }
  const std::int64_t now = std::time(nullptr);
  if (number(expire) <= now || number(expire) >= now + kHour) {
    return refusal(400, "Your request contains invalid expire parameter. Expire parameter should "
                        "be a Unix time in less than 1 hour into the future.");
  }
  if (!used_tokens_.insert(token).second) {
    return refusal(400, "The token with value '" + token +
                            "' has been used before. We suggest using V4 UUIDs, or another random "
                            "string with enough entropy to avoid collisions.");
  }
  if (field(fields, "signature") !=
      hex_encode(hmac(EVP_sha1(), keys_.private_key, token + expire))) {
    return refusal(400, "Your request contains invalid signature.");
  }
  return std::nullopt;
}

std::optional<StoreAnswer> ImageKitStore::refuse_v2(const FormFields &fields, std::size_t size) {
  const std::string token = field(fields, "token");
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string::npos ||
      from_base64url(token.substr(second + 1)) !=
          hmac(EVP_sha256(), keys_.private_key, token.substr(0, second))) {
    return refusal(403, "The token's signature is wrong.");
  }
  const auto header = parse_json(from_base64url(token.substr(0, first)));
  const auto payload = parse_json(from_base64url(token.substr(first + 1, second - first - 1)));
  if (!header || !payload || header->value("kid", "") != keys_.public_key ||
      header->value("alg", "") != "HS256") {
    return refusal(403, "The token's header is wrong.");
  }
  const std::int64_t now = std::time(nullptr);
  const std::int64_t issued = payload->value("iat", std::int64_t{0});
  const std::int64_t expires = payload->value("exp", std::int64_t{0});
  if (issued > now || expires <= now || expires - issued > kHour) {
    return refusal(400, "The token is expired or lives longer than an hour.");
  }
  Json bound = *payload;
  bound.erase("iat");
  bound.erase("exp");
  Json sent = Json::object();
  for (const auto &[name, value] : fields) {
    if (name != "token") {
      sent[name] = value;
    }
  }
  if (bound != sent) {
    return refusal(400, "The request's fields are not those of the token.");
  }
  if (!used_tokens_.insert(token).second) {
    return refusal(400, "The token has been used before.");
  }
  if (bound.contains("checks") && !fits(bound.value("checks", ""), size)) {
    return refusal(400, "Your request does not pass the checks.");
  }
  return std::nullopt;
}

StoreAnswer ImageKitStore::upload(const FormFields &fields, std::string file, bool is_server) {
  const std::lock_guard lock(mutex_);
  if (!is_server) {
    const bool is_v1 = fields.count("signature") > 0;
    if (auto refused = is_v1 ? refuse_v1(fields) : refuse_v2(fields, file.size())) {
      return *refused;
    }
  }
  return keep(fields, std::move(file));
}

StoreAnswer ImageKitStore::keep(const FormFields &fields, std::string file) {
  KeptObject object;
  object.folder = field(fields, "folder", "/");
  object.name = field(fields, "fileName");
  object.bytes = std::move(file);
  object.is_private = field(fields, "isPrivateFile", "false") == "true";
  if (object.name.empty()) {
    return refusal(400, "Missing fileName parameter for upload.");
  }
  if (field(fields, "useUniqueFileName", "true") == "true") {
    object.name.insert(object.name.rfind('.'), "_x" + std::to_string(last_id_));
  }
  if (KeptObject *there = find_path(object.path())) {
    if (field(fields, "overwriteFile", "true") != "true") {
      return refusal(400, "A file with the same name already exists at the exact location.");
    }
    ++there->versions;
    there->bytes = object.bytes;
    return {200, describe(*there)};
  }
  std::array<char, 32> id{};
  std::snprintf(id.data(), id.size(), "5f0d%020d", ++last_id_);
  object.id = id.data();
  objects_.push_back(object);
  return {200, describe(object)};
}

KeptObject *ImageKitStore::find_path(const std::string &path) {
  for (KeptObject &object : objects_) {
    if (object.path() == path) {
      return &object;
    }
  }
  return nullptr;
}

StoreAnswer ImageKitStore::list(const FormFields &query) const {
  const std::lock_guard lock(mutex_);
  const std::string search = field(query, "searchQuery");
  Json found = Json::array();
  for (auto object = objects_.rbegin(); object != objects_.rend(); ++object) {
    // The search knows no folder and is no exact comparison either.
    const bool is_wanted = search.empty()
                               ? object->folder == field(query, "path", "/")
                               : search.find(object->name.substr(0, 8)) != std::string::npos;
    if (is_wanted) {
      found.push_back(describe(*object));
    }
  }
  const auto begin = std::min(found.size(), static_cast<std::size_t>(number(field(query, "skip"))));
  const auto end = std::min(
      found.size(), begin + static_cast<std::size_t>(number(field(query, "limit", "1000"))));
  Json page = Json::array();
  for (std::size_t at = begin; at < end; ++at) {
    page.push_back(found[at]);
  }
  return {200, page};
}

StoreAnswer ImageKitStore::details(const std::string &id) const {
  const std::lock_guard lock(mutex_);
  for (const KeptObject &object : objects_) {
    if (object.id == id) {
      return {200, describe(object)};
    }
  }
  return refusal(404, "The requested file does not exist.");
}

StoreAnswer ImageKitStore::remove(const std::string &id) {
  const std::lock_guard lock(mutex_);
  const auto gone = std::erase_if(objects_, [&](const KeptObject &each) { return each.id == id; });
  return gone > 0 ? StoreAnswer{204, {}} : refusal(404, "The requested file does not exist.");
}

StoreAnswer ImageKitStore::purge(const std::string &path) {
  const std::lock_guard lock(mutex_);
  cache_.erase(path);
  return {201, {{"requestId", "purge-" + std::to_string(cache_.size())}}};
}

ImageKitStore::Delivery ImageKitStore::deliver(const std::string &path, const FormFields &query) {
  const std::lock_guard lock(mutex_);
  const KeptObject *object = find_path(path);
  const bool is_signed = query.count("ik-s") > 0;
  if ((object == nullptr || object->is_private) && !is_signed) {
    return {401, "no signature", {}};
  }
  if (is_signed) {
    const std::string expires = field(query, "ik-t", "9999999999");
    if (field(query, "ik-s") !=
        hex_encode(hmac(EVP_sha1(), keys_.private_key, path.substr(1) + expires))) {
      return {401, "invalid signature", {}};
    }
    if (number(expires) <= std::time(nullptr)) {
      return {401, "expired", {}};
    }
  }
  if (const auto cached = cache_.find(path); cached != cache_.end()) {
    return {200, {}, cached->second};
  }
  if (object == nullptr) {
    return {404, "not found", {}};
  }
  cache_[path] = object->bytes;
  return {200, {}, object->bytes};
}

std::vector<KeptObject> ImageKitStore::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

std::string ImageKitStore::put(KeptObject object) {
  const std::lock_guard lock(mutex_);
  object.id = "5f0e" + std::to_string(100000 + ++last_id_);
  objects_.push_back(object);
  return object.id;
}

std::vector<std::string> ImageKitStore::cached() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto &[path, bytes] : cache_) {
    paths.push_back(path);
  }
  return paths;
}

} // namespace mre::testing
