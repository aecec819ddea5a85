// What is needed of OpenSSL: digests, message authentication codes, random names.
//
// Promise: failures of the library (no memory, no entropy) are mre::Error(MRE_INTERNAL). Threads:
// free functions are safe from any; a Sha256 belongs to one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace imagekit {

std::string hmac_sha1(std::string_view key, std::string_view message);   // 20 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view message); // 32 raw bytes
std::string random_bytes(std::size_t count);
std::string random_uuid(); // version 4, RFC 9562

// A digest under way. Copies go on independently: what was read so far need not be read again.
class Sha256 {
public:
  Sha256();
  Sha256(const Sha256 &other);
  Sha256 &operator=(const Sha256 &other);
  ~Sha256() = default;

  void add(std::string_view bytes);
  std::string hex() const; // of everything so far

private:
  struct Free {
    void operator()(evp_md_ctx_st *context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view bytes);

} // namespace imagekit
