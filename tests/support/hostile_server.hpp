// A server that misbehaves by script: what a client meets at a wrong port, behind a broken
// middlebox, or from an attacker.
//
// Promise: every connection plays the script from its beginning; after the last step it stays open
// and silent. Memory here is bounded whatever the script sends. Threads: one of its own runs a poll
// loop with timers. Lifetime: the destructor stops the thread and closes everything. Failure to
// listen throws std::runtime_error.
//
//   HostileServer server({hostile::say("SSH-2.0-x\r\n"), hostile::await_packet(),
//   hostile::hang_up()});
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mre::testing {

namespace hostile {

enum class Deed { say, say_for_ever, drip, await_line, await_packet, fall_silent, hang_up, reset };

struct Step {
  Deed deed = Deed::fall_silent;
  std::string bytes{};
  std::chrono::microseconds interval{0};
};

Step say(std::string bytes);
Step say_for_ever(std::string chunk); // again and again while the client takes it
Step drip(std::string bytes, std::chrono::microseconds interval); // one byte at a time
Step await_line();                                                // up to the client's next newline
Step await_packet(); // one whole unencrypted SSH packet
Step fall_silent();
Step hang_up(); // FIN
Step reset();   // RST

inline constexpr std::string_view kBanner = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";

// RFC 4253 section 6, before encryption: length, padding length, payload, padding.
std::string packet(std::string_view payload);
// A packet whose length field says something else than what follows.
std::string packet_with_length(std::uint32_t length, std::string_view payload);
// RFC 4253 section 7.1, with algorithms every current client knows.
std::string key_exchange_init();
// One message byte and its fields; `ssh_string` is RFC 4251's string: length and bytes.
std::string message(unsigned char type, std::string_view fields = {});
std::string ssh_string(std::string_view bytes);

inline constexpr unsigned char kDisconnect = 1;
inline constexpr unsigned char kIgnore = 2;
inline constexpr unsigned char kServiceAccept = 6;
inline constexpr unsigned char kNewKeys = 21;
inline constexpr unsigned char kKeyExchangeReply = 31;
inline constexpr unsigned char kUserAuthSuccess = 52;
inline constexpr unsigned char kChannelData = 94;

} // namespace hostile

class HostileServer {
public:
  explicit HostileServer(std::vector<hostile::Step> script);
  ~HostileServer();
  HostileServer(const HostileServer &) = delete;
  HostileServer &operator=(const HostileServer &) = delete;

  std::uint16_t port() const { return port_; }
  std::uint64_t connections() const;
  std::uint64_t open() const; // of them, those that nobody has ended yet
  std::uint64_t bytes_sent() const;

private:
  class Loop;
  struct Counts {
    std::uint64_t connections = 0;
    std::uint64_t open = 0;
    std::uint64_t bytes_sent = 0;
  };

  std::vector<hostile::Step> script_;
  UniqueFd listener_;
  UniqueFd stop_;
  std::uint16_t port_ = 0;
  Guarded<Counts> counts_;
  std::thread thread_;
};

} // namespace mre::testing
