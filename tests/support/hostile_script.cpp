// The words of a hostile script, and the few SSH messages it needs.
#include "tests/support/hostile_server.hpp"

#include <array>
#include <utility>

namespace mre::testing::hostile {
namespace {

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((number >> shift) & 0xffU);
  }
  return bytes;
}

} // namespace

Step say(std::string bytes) {
  return {Deed::say, std::move(bytes)};
}
Step say_for_ever(std::string chunk) {
  return {Deed::say_for_ever, std::move(chunk)};
}
Step drip(std::string bytes, std::chrono::microseconds interval) {
  return {Deed::drip, std::move(bytes), interval};
}
Step await_line() {
  return {Deed::await_line};
}
Step await_packet() {
  return {Deed::await_packet};
}
Step fall_silent() {
  return {Deed::fall_silent};
}
Step hang_up() {
  return {Deed::hang_up};
}
Step reset() {
  return {Deed::reset};
}

std::string packet(std::string_view payload) {
  // Multiple of eight in all, at least four bytes of padding.
  std::size_t padding = 8 - (5 + payload.size()) % 8;
  if (padding < 4) {
    padding += 8;
  }
  std::string bytes = big_endian(static_cast<std::uint32_t>(1 + payload.size() + padding));
  bytes += static_cast<char>(padding);
  bytes += payload;
  bytes.append(padding, '\0');
  return bytes;
}

std::string packet_with_length(std::uint32_t length, std::string_view payload) {
  return big_endian(length) + '\x04' + std::string(payload) + std::string(4, '\0');
}

std::string message(unsigned char type, std::string_view fields) {
  return static_cast<char>(type) + std::string(fields);
}

std::string ssh_string(std::string_view bytes) {
  return big_endian(static_cast<std::uint32_t>(bytes.size())) + std::string(bytes);
}

std::string key_exchange_init() {
  constexpr unsigned char kKeyExchangeInit = 20;
  constexpr std::array<std::string_view, 10> kLists = {
      "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-"
      "sha256",
      "ssh-ed25519,rsa-sha2-512,ecdsa-sha2-nistp256",
      "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
      "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
      "hmac-sha2-256,hmac-sha2-512",
      "hmac-sha2-256,hmac-sha2-512",
      "none",
      "none",
      "",
      ""};
  std::string fields(16, 'c'); // the cookie
  for (const std::string_view list : kLists) {
    fields += ssh_string(list);
  }
  fields += '\0'; // no guessed packet follows
  fields += big_endian(0);
  return packet(message(kKeyExchangeInit, fields));
}

} // namespace mre::testing::hostile
