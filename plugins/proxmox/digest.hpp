// SHA-256 of bytes as they pass.
//
// Threads: one object belongs to one call.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st; // OpenSSL's

namespace proxmox {

class Sha256 {
public:
  Sha256();
  void add(std::string_view bytes);
  std::string hex(); // once, at the end

private:
  struct Free {
    void operator()(evp_md_ctx_st *context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

} // namespace proxmox
