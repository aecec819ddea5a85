// SHA-256, HMAC and random bytes, by OpenSSL's libcrypto.
//
// Threads: one Sha256 belongs to one thread; the functions are safe from any.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mre {

class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(Sha256 &&) noexcept;
  Sha256 &operator=(Sha256 &&) noexcept;
  void update(std::string_view bytes);
  // Lower-case hex, 64 characters. The object is spent afterwards.
  std::string finish_hex();

private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
// For names that ssh_config makes of it (%C); never to trust.
std::string sha1_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes); // 32 raw bytes
std::string hmac_sha1(std::string_view key,
                      std::string_view bytes); // 20 raw bytes; for hashed known_hosts

// Cryptographically strong; a machine without an entropy source ends the process (nothing safe can
// follow).
std::string random_bytes(std::size_t count);
std::string random_hex(std::size_t bytes);

// Runs as long for equal as for different input of equal size.
bool equal_in_constant_time(std::string_view a, std::string_view b);

} // namespace mre
