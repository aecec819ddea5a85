// Typed reading of variables, with a complaint for each that is wrong and a default in its place.
//
// Promise: reading never stops at the first mistake; a complaint names the variable, where it was
// set, its value and what would be accepted. Values of secrets never get here.
// Threads: one thread. Lifetime: shorter than the Sources and the list of complaints.
#pragma once

#include "core/config/sources.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

struct NumberRange {
  std::uint64_t fallback, low, high;
  std::string_view unit; // "seconds"; may be empty
};

std::optional<bool> parse_boolean(std::string_view word);

class Reader {
public:
  Reader(const Sources &sources, std::vector<std::string> &complaints)
      : sources_(sources), complaints_(complaints) {}

  std::optional<std::string> text(const std::string &name) const;
  bool boolean(const std::string &name, bool fallback);
  std::uint64_t number(const std::string &name, NumberRange range);
  // The position of the word among `words`, compared in lower case.
  std::size_t word(const std::string &name, std::size_t fallback,
                   const std::vector<std::string> &words);
  // Comma- or colon-separated, trimmed, without empty parts.
  std::vector<std::string> list(const std::string &name, char separator) const;

  // True when the variable is set, even to something that was refused.
  bool is_set(const std::string &name) const;
  // "SSH_PORT" or "SSH_PORT (in /home/u/.env)"
  std::string where(const std::string &name) const;
  void complain(const std::string &name, std::string_view expected); // with the value
  void complain_about(const std::string &text) { complaints_.push_back(text); }

private:
  const Sources &sources_;
  std::vector<std::string> &complaints_;
};

} // namespace mre::config
