// Searches a text for many spellings at once.
//
// Promise: finds every place where a spelling begins, with the longest one that begins there, in
// one pass; a text without a secret is looked at in every third byte only. Says from where on more
// bytes could change the answer.
// Why not Aho-Corasick: its tables take 1 KiB per byte of secret, and it touches every byte of the
// text.
// Threads: immutable once built.
//
// How: every spelling has at least six bytes. Its four-byte grams at offsets 0 to 2 are entered in
// a small filter. Of any six bytes, one position in three is looked up, so one of those grams is
// always met; a hit is confirmed by the first six bytes and then in full. Four bytes, because a
// text of hex digits holds every shorter gram that a key in hex has, and each would be a false hit.
#pragma once

#include "core/guard/spellings.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mre::guard {

class Matcher {
public:
  explicit Matcher(std::vector<Spelling> spellings);

  struct Match {
    std::size_t begin = 0, end = 0;
  };
  // Whether the text is complete, or only what has come so far.
  enum class Rest { none, follows };

  // Appends the matches that begin before the returned position, in order of their beginning; they
  // may overlap. The position is the first at which a spelling may begin that bytes to come would
  // complete; the size of the text when there is none.
  std::size_t scan(std::string_view text, Rest rest, std::vector<Match> &matches) const;

private:
  enum class Verdict { none, undecided };
  // The longest match at this place goes into matches, unless bytes to come decide.
  Verdict look(std::string_view text, std::size_t begin, Rest rest,
               std::vector<Match> &matches) const;
  std::size_t first_beginning(std::string_view text) const;
  void enter_gram(const char *at);
  bool may_be_gram(const char *at) const;

  // 32 KiB: fits the first-level cache and stays sparse for the thousand spellings of a key file.
  static constexpr unsigned kGramBits = 18;
  static constexpr unsigned kFilterBits = 16;
  std::vector<Spelling> spellings_; // sorted by text
  // Hashes of the grams, 64 to a word.
  std::array<std::uint64_t, (1U << kGramBits) / 64> grams_{};
  std::bitset<1U << kFilterBits> heads_; // hashes of the first six bytes
  std::unordered_map<std::uint64_t, std::pair<std::size_t, std::size_t>>
      by_head_; // range in spellings_
};

} // namespace mre::guard
