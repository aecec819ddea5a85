#include "core/base/utf8.hpp"

namespace mre::utf8 {
namespace {

bool is_continuation(unsigned char c) {
  return (c & 0xC0U) == 0x80U;
}

struct Sequence {
  std::size_t length; // bytes taken: the whole character, or the part of a broken one that is
                      // replaced as one
  bool valid;
};

// One character at the head of bytes (which is not empty). Table 3-7 of the Unicode standard.
Sequence next(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) {
    return {1, true};
  }
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    low = lead == 0xE0 ? 0xA0 : 0x80;
    high = lead == 0xED ? 0x9F : 0xBF; // surrogates are not characters
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    low = lead == 0xF0 ? 0x90 : 0x80;
    high = lead == 0xF4 ? 0x8F : 0xBF;
  } else {
    return {1, false};
  }
  if (bytes.size() < 2 || at(1) < low || at(1) > high) {
    return {1, false};
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (bytes.size() <= i || !is_continuation(at(i))) {
      return {i, false};
    }
  }
  return {length, true};
}

} // namespace

bool is_valid(std::string_view bytes) {
  while (!bytes.empty()) {
    const Sequence sequence = next(bytes);
    if (!sequence.valid) {
      return false;
    }
    bytes.remove_prefix(sequence.length);
  }
  return true;
}

std::string repair(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  std::size_t good = 0; // valid bytes at the head, copied in one go
  while (good < bytes.size()) {
    const Sequence sequence = next(bytes.substr(good));
    if (sequence.valid) {
      good += sequence.length;
      continue;
    }
    out.append(bytes.substr(0, good));
    out.append("\xEF\xBF\xBD");
    bytes.remove_prefix(good + sequence.length);
    good = 0;
  }
  return out.append(bytes);
}

std::size_t count(std::string_view text) {
  std::size_t characters = 0;
  for (const char c : text) {
    characters += is_continuation(static_cast<unsigned char>(c)) ? 0 : 1;
  }
  return characters;
}

std::size_t prefix_bytes(std::string_view text, std::size_t characters) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (!is_continuation(static_cast<unsigned char>(text[i]))) {
      if (characters == 0) {
        break;
      }
      --characters;
    }
    ++i;
  }
  return i;
}

std::size_t suffix_bytes(std::string_view text, std::size_t characters) {
  std::size_t taken = 0;
  std::size_t start = text.size();
  while (start > 0 && taken < characters) {
    --start;
    if (!is_continuation(static_cast<unsigned char>(text[start]))) {
      ++taken;
    }
  }
  return text.size() - start;
}

std::size_t incomplete_tail(std::string_view bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto c = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (is_continuation(c)) {
      continue;
    }
    const std::size_t length = c > 0xF4 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// One in three: random bytes without NULs have nearly half, while a word in Latin-1 or
// Windows-1252 ("caf\xE9") is no stream of mostly invalid bytes.
bool looks_binary(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) {
    return true;
  }
  std::size_t invalid = 0;
  const std::size_t total = bytes.size();
  while (!bytes.empty()) {
    const Sequence sequence = next(bytes);
    invalid += sequence.valid ? 0 : sequence.length;
    bytes.remove_prefix(sequence.length);
  }
  return invalid * 3 > total;
}

} // namespace mre::utf8
