#include "tests/support/catch.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

struct chacha_ctx {
  std::array<std::uint32_t, 16> words;
};
extern "C" {
// What libssh2 calls, and what it has itself.
void chacha_encrypt_bytes(chacha_ctx *state, const unsigned char *from, unsigned char *to,
                          std::uint32_t size);
void own_chacha(chacha_ctx *state, const unsigned char *from, unsigned char *to,
                std::uint32_t size) __asm__("__real_chacha_encrypt_bytes");
void poly1305_auth(unsigned char *tag, const unsigned char *from, std::size_t size,
                   const unsigned char *key);
void own_poly1305(unsigned char *tag, const unsigned char *from, std::size_t size,
                  const unsigned char *key) __asm__("__real_poly1305_auth");
}

namespace {

using Bytes = std::vector<unsigned char>;

Bytes noise(std::size_t size) {
  static std::mt19937 generator(7); // the same in every run
  Bytes bytes(size);
  for (auto &byte : bytes) {
    byte = static_cast<unsigned char>(generator());
  }
  return bytes;
}

chacha_ctx some_state(std::uint32_t counter) {
  static std::mt19937 generator(11);
  chacha_ctx state{{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};
  for (std::size_t i = 4; i < state.words.size(); ++i) {
    state.words[i] = static_cast<std::uint32_t>(generator());
  }
  state.words[12] = counter;
  state.words[13] = 0;
  return state;
}

// Around the block, the threshold, libssh2's largest packets.
const std::vector<std::size_t> kSizes{0,   1,   4,    16,   63,    64,    65,    255,   511,
                                      512, 513, 1000, 4095, 30000, 32768, 35000, 262144};

} // namespace

TEST_CASE("what libssh2 calls is not its own cipher") {
  CHECK(&chacha_encrypt_bytes != &own_chacha);
  CHECK(&poly1305_auth != &own_poly1305);
}

TEST_CASE("the replaced cipher gives the bytes of libssh2's own, and leaves the same state") {
  for (const std::size_t size : kSizes) {
    for (const std::uint32_t counter : {0U, 1U, 0xfffffff0U}) { // the last one carries over
      INFO(size << " bytes from block " << counter);
      const Bytes plain = noise(size);
      chacha_ctx state = some_state(counter);
      chacha_ctx own_state = state;
      Bytes ours(size);
      Bytes own(size);
      for (int packet = 0; packet < 2; ++packet) { // the second goes on where the first ended
        chacha_encrypt_bytes(&state, plain.data(), ours.data(), static_cast<std::uint32_t>(size));
        own_chacha(&own_state, plain.data(), own.data(), static_cast<std::uint32_t>(size));
        CHECK(ours == own);
        CHECK(state.words == own_state.words);
      }
    }
  }
}

TEST_CASE("the replaced cipher works in place, as libssh2 uses it") {
  const Bytes plain = noise(30000);
  chacha_ctx state = some_state(1);
  chacha_ctx back = state;
  Bytes bytes = plain;
  chacha_encrypt_bytes(&state, bytes.data(), bytes.data(), 30000);
  CHECK(bytes != plain);
  own_chacha(&back, bytes.data(), bytes.data(), 30000);
  CHECK(bytes == plain);
}

TEST_CASE("the replaced tag is that of libssh2's own") {
  for (const std::size_t size : kSizes) {
    INFO(size << " bytes");
    const Bytes message = noise(size);
    const Bytes key = noise(32);
    Bytes ours(16);
    Bytes own(16);
    poly1305_auth(ours.data(), message.data(), size, key.data());
    own_poly1305(own.data(), message.data(), size, key.data());
    CHECK(ours == own);
  }
}
