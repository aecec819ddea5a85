// ChaCha20 and Poly1305 of large packets, by OpenSSL instead of libssh2's portable C.
//
// Promise: byte for byte what the replaced functions give; small packets and whatever OpenSSL
// refuses (a FIPS module knows neither) go to the portable functions. Threads: any; each has
// contexts of its own, freed with it. Lifetime: linked into the executable with the linker's
// --wrap, only where libssh2 is a static library of the known version (cmake/libssh2.cmake).
//
// Why: perf on a download shows 55 % of the client's time in chacha_encrypt_bytes and 19 % in
// poly1305_auth. A gigabyte costs 3.0 s of processor time with them and 0.9 s without. The other
// ciphers are no way out: libssh2 hands them over one block of 16 bytes at a time (aes128-gcm 4.4 s
// per gigabyte, aes128-ctr 3.6 s). See docs/adr/0028-bulk-cipher.md.
#include <openssl/evp.h>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>

// As libssh2's chacha.h and poly1305.h have them: the state of the cipher is its 16 words, four
// constants, eight of the key, two of the block counter, two of the nonce.
struct chacha_ctx { // NOLINT(readability-identifier-naming): libssh2's name
  std::array<std::uint32_t, 16> words;
};
extern "C" {
void replaced_chacha(chacha_ctx *state, const unsigned char *from, unsigned char *to,
                     std::uint32_t size) __asm__("__wrap_chacha_encrypt_bytes");
void portable_chacha(chacha_ctx *state, const unsigned char *from, unsigned char *to,
                     std::uint32_t size) __asm__("__real_chacha_encrypt_bytes");
void replaced_poly1305(unsigned char *tag, const unsigned char *from, std::size_t size,
                       const unsigned char *key) __asm__("__wrap_poly1305_auth");
void portable_poly1305(unsigned char *tag, const unsigned char *from, std::size_t size,
                       const unsigned char *key) __asm__("__real_poly1305_auth");
}

namespace {

// Setting OpenSSL up for a packet costs about half a microsecond, what the portable code needs for
// some hundred bytes; a command's own packets are smaller.
constexpr std::size_t kWorthwhile = 512;
constexpr std::size_t kKeyAt = 4;
constexpr std::size_t kCounterAt = 12;
constexpr std::size_t kBlock = 64;
constexpr std::size_t kPolyKey = 32;
constexpr std::size_t kTag = 16;

struct Release {
  void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_MAC_CTX *context) const { EVP_MAC_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Release>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Release>;

// Null where OpenSSL does not have it.
CipherContext make_cipher() {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr);
  const bool is_ready = context != nullptr && cipher != nullptr &&
                        EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, 1) == 1;
  EVP_CIPHER_free(cipher); // the context holds its own
  return is_ready ? std::move(context) : nullptr;
}

MacContext make_mac() {
  EVP_MAC *mac = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
  MacContext context(mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  return context;
}

template <std::size_t count>
std::array<unsigned char, 4 * count> little_endian(const chacha_ctx &state, std::size_t at) {
  std::array<unsigned char, 4 * count> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(state.words[at + i / 4] >> (8 * (i % 4)));
  }
  return bytes;
}

void advance(chacha_ctx &state, std::uint64_t blocks) {
  std::uint64_t counter = state.words[kCounterAt + 1];
  counter = (counter << 32U) + state.words[kCounterAt] + blocks;
  state.words[kCounterAt] = static_cast<std::uint32_t>(counter);
  state.words[kCounterAt + 1] = static_cast<std::uint32_t>(counter >> 32U);
}

bool chacha(chacha_ctx &state, const unsigned char *from, unsigned char *to, std::uint32_t size) {
  thread_local const CipherContext context = make_cipher();
  if (context == nullptr || size > INT_MAX) {
    return false;
  }
  const auto key = little_endian<8>(state, kKeyAt);
  const auto counter_and_nonce = little_endian<4>(state, kCounterAt);
  int written = 0;
  if (EVP_CipherInit_ex(context.get(), nullptr, nullptr, key.data(), counter_and_nonce.data(), 1) !=
          1 ||
      EVP_CipherUpdate(context.get(), to, &written, from, static_cast<int>(size)) != 1) {
    return false;
  }
  advance(state, (std::uint64_t{size} + kBlock - 1) / kBlock);
  return true;
}

bool poly1305(unsigned char *tag, const unsigned char *from, std::size_t size,
              const unsigned char *key) {
  thread_local const MacContext context = make_mac();
  std::size_t length = 0;
  return context != nullptr && EVP_MAC_init(context.get(), key, kPolyKey, nullptr) == 1 &&
         EVP_MAC_update(context.get(), from, size) == 1 &&
         EVP_MAC_final(context.get(), tag, &length, kTag) == 1 && length == kTag;
}

} // namespace

void replaced_chacha(chacha_ctx *state, const unsigned char *from, unsigned char *to,
                     std::uint32_t size) {
  if (size < kWorthwhile || !chacha(*state, from, to, size)) {
    portable_chacha(state, from, to, size);
  }
}

void replaced_poly1305(unsigned char *tag, const unsigned char *from, std::size_t size,
                       const unsigned char *key) {
  if (size < kWorthwhile || !poly1305(tag, from, size, key)) {
    portable_poly1305(tag, from, size, key);
  }
}
