// A private key file: what it is, before anything is tried with it.
//
// Promise: a missing, unreadable, public, foreign or locked key is told apart from one the server
// refuses. Threads: pure functions. Lifetime: the content is wiped when the value goes.
#pragma once

#include "core/base/result.hpp"

#include <string>
#include <string_view>

namespace mre::ssh {

struct KeyFile {
  KeyFile() = default;
  KeyFile(KeyFile &&) = default;
  KeyFile &operator=(KeyFile &&) = default;
  KeyFile(const KeyFile &) = delete;
  KeyFile &operator=(const KeyFile &) = delete;
  ~KeyFile();

  std::string content;
  bool is_encrypted = false;
};

// The message is the reason alone ("no such file"); who shows it names the file.
Result<KeyFile> load_key_file(const std::string &path);
Result<bool> is_encrypted_key(std::string_view content);

// The public half as an agent names it: from the .pub file beside the key, from the file itself
// when it is a public key, or from an OpenSSH private key, which holds it in the clear. Empty when
// it cannot be told.
std::string public_blob_of(const std::string &path);

} // namespace mre::ssh
