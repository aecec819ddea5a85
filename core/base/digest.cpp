#include "core/base/digest.hpp"

#include "core/base/encoding.hpp"
#include "core/base/result.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <array>
#include <cerrno>

namespace mre {
namespace {

const unsigned char *as_unsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

std::string hmac(const EVP_MD *kind, std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  const auto *done = HMAC(kind, key.data(), static_cast<int>(key.size()), as_unsigned(bytes),
                          bytes.size(), out.data(), &size);
  MRE_BUG_IF(done == nullptr);
  return {reinterpret_cast<const char *>(out.data()), size};
}

} // namespace

struct Sha256::State {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  State() { MRE_BUG_IF(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State &) = delete;
  State &operator=(const State &) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256 &&) noexcept = default;
Sha256 &Sha256::operator=(Sha256 &&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  MRE_BUG_IF(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1);
}

std::string Sha256::finish_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  MRE_BUG_IF(EVP_DigestFinal_ex(state_->context, out.data(), &size) != 1);
  return hex_encode({reinterpret_cast<const char *>(out.data()), size});
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish_hex();
}

std::string sha1_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  MRE_BUG_IF(EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha1(), nullptr) != 1);
  return hex_encode({reinterpret_cast<const char *>(out.data()), size});
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  return hmac(EVP_sha256(), key, bytes);
}
std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  return hmac(EVP_sha1(), key, bytes);
}

std::string random_bytes(std::size_t count) {
  // The kernel's generator itself: OpenSSL's own one would be set up in every server that starts.
  std::string out(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = ::getrandom(out.data() + filled, count - filled, 0);
    MRE_BUG_IF(got < 0 && errno != EINTR);
    filled += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return out;
}

std::string random_hex(std::size_t bytes) {
  return hex_encode(random_bytes(bytes));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace mre
