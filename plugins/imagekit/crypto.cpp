// See crypto.hpp.
#include "crypto.hpp"

#include "encoding.hpp"

#include <mre/plugin.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

namespace imagekit {

namespace {

void expect(bool is_done, const char *what) {
  if (!is_done) {
    throw mre::Error(MRE_INTERNAL, std::string("OpenSSL could not ") + what);
  }
}

std::string hmac(const EVP_MD *digest, std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int length = 0;
  const auto *bytes = reinterpret_cast<const unsigned char *>(message.data());
  expect(HMAC(digest, key.data(), static_cast<int>(key.size()), bytes, message.size(), out.data(),
              &length) != nullptr,
         "compute an HMAC");
  return {reinterpret_cast<const char *>(out.data()), length};
}

} // namespace

std::string hmac_sha1(std::string_view key, std::string_view message) {
  return hmac(EVP_sha1(), key, message);
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(EVP_sha256(), key, message);
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  expect(RAND_bytes(reinterpret_cast<unsigned char *>(bytes.data()), static_cast<int>(count)) == 1,
         "give random bytes");
  return bytes;
}

std::string random_uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  const std::string hex = to_hex(bytes);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

void Sha256::Free::operator()(evp_md_ctx_st *context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  expect(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
         "begin a digest");
}

Sha256::Sha256(const Sha256 &other) : context_(EVP_MD_CTX_new()) {
  expect(context_ != nullptr && EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1,
         "copy a digest");
}

Sha256 &Sha256::operator=(const Sha256 &other) {
  expect(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1, "copy a digest");
  return *this;
}

void Sha256::add(std::string_view bytes) {
  expect(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "digest bytes");
}

std::string Sha256::hex() const {
  const Sha256 finished(*this); // finishing ends a context, and this one may go on
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int length = 0;
  expect(EVP_DigestFinal_ex(finished.context_.get(), out.data(), &length) == 1, "end a digest");
  return to_hex({reinterpret_cast<const char *>(out.data()), length});
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

} // namespace imagekit
