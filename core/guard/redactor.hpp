// The redactor: no configured secret leaves the process, in any encoding a shell produces.
//
// Promise: every occurrence of a known secret of kSecretMinimum bytes or more, plain or as base64
// (at any of the three alignments), URL-, hex-, JSON- or shell-quoted text, is replaced by
// "[REDACTED]", also across the chunk borders of a stream. It is a searched-for list, not a
// detector: what it was never told it cannot know. Threads: add() and redact() from any; a Stream
// belongs to one. Lifetime: built by main, outlives everything that writes.
#pragma once

#include "core/base/json.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mre::guard {

class Redactor {
public:
  Redactor();
  ~Redactor();
  Redactor(const Redactor &) = delete;
  Redactor &operator=(const Redactor &) = delete;

  // Adds a secret and all its spellings. Returns false when it is too short to be searched for.
  // Private key files: every base64 line too.
  bool add(std::string_view secret);
  // For key files: each of its lines that carries key material, so that a part of a key is masked
  // too; the lines together are the whole content.
  void add_key_file(std::string_view content);

  std::string redact(std::string_view text) const;
  // Every string in the tree, keys too.
  void redact(Json &value) const;

  // For bytes that come in pieces: push() returns what is certain by now, finish() the rest. Holds
  // back at most the length of the longest spelling.
  class Stream {
  public:
    explicit Stream(const Redactor &redactor);
    ~Stream();
    Stream(Stream &&) noexcept;
    Stream &operator=(Stream &&) noexcept;
    std::string push(std::string_view bytes);
    std::string finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
  };

private:
  friend class Stream;
  struct Automaton;
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mre::guard
