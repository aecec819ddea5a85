#include "core/guard/matcher.hpp"

#include "core/guard/limits.hpp"

#include <algorithm>
#include <cstring>

namespace mre::guard {
namespace {

constexpr std::size_t kHead = limits::kSecretMinimum;
constexpr std::size_t kStep = 3; // positions apart
constexpr std::size_t kGram = 4; // bytes looked at there
static_assert(kStep + kGram - 1 <= kHead,
              "each spelling must hold a whole gram at a position that is looked at");

std::uint32_t gram(const char *at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, kGram);
  return value;
}

// Multiplicative hashing, Knuth's constant: the top bits depend on every input bit.
template <unsigned Bits>
std::size_t hash32(std::uint32_t value) {
  return static_cast<std::uint32_t>(value * 0x9E3779B1U) >> (32U - Bits);
}

std::uint64_t head_of(const char *at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, kHead);
  return value;
}

template <unsigned Bits>
std::size_t hash64(std::uint64_t value) {
  return static_cast<std::size_t>((value * 0x9E3779B97F4A7C15ULL) >> (64U - Bits));
}

// Bytes of a line break at the head of text: CR LF as such or as JSON escapes, and the indentation
// of the next line.
std::size_t line_break(std::string_view text) {
  std::size_t length = 0;
  constexpr std::size_t kIndentation = 32;
  if (!text.empty() && (text[0] == '\n' || text[0] == '\r')) {
    length = text.substr(0, 2) == "\r\n" ? 2 : 1;
  } else if (text.substr(0, 2) == "\\n" || text.substr(0, 2) == "\\r") {
    length = text.substr(0, 4) == "\\r\\n" ? 4 : 2;
  } else {
    return 0;
  }
  const std::size_t limit = std::min(text.size(), length + kIndentation);
  while (length < limit && (text[length] == ' ' || text[length] == '\t')) {
    ++length;
  }
  return length;
}

struct Comparison {
  enum class Kind { differs, cut_off, equal } kind = Kind::differs;
  std::size_t length = 0;
};

Comparison compare_wrapped(std::string_view text, std::string_view spelling) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < spelling.size(); ++i) {
    if (at < text.size() && text[at] != spelling[i] && i > 0) {
      at += line_break(text.substr(at));
    }
    if (at >= text.size() || (text[at] == '\\' && at + 1 == text.size() && i > 0)) {
      return {Comparison::Kind::cut_off, 0};
    }
    if (text[at] != spelling[i]) {
      return {};
    }
    ++at;
  }
  return {Comparison::Kind::equal, at};
}

Comparison compare(std::string_view text, const Spelling &spelling) {
  if (spelling.may_wrap) {
    return compare_wrapped(text, spelling.text);
  }
  const std::size_t length = std::min(text.size(), spelling.text.size());
  if (std::memcmp(text.data(), spelling.text.data(), length) != 0) {
    return {};
  }
  return {length == spelling.text.size() ? Comparison::Kind::equal : Comparison::Kind::cut_off,
          length};
}

} // namespace

Matcher::Matcher(std::vector<Spelling> spellings) : spellings_(std::move(spellings)) {
  std::sort(spellings_.begin(), spellings_.end(),
            [](const Spelling &a, const Spelling &b) { return a.text < b.text; });
  for (std::size_t i = 0; i < spellings_.size(); ++i) {
    const char *text = spellings_[i].text.data();
    for (std::size_t offset = 0; offset < kStep; ++offset) {
      enter_gram(text + offset);
    }
    const std::uint64_t head = head_of(text);
    heads_.set(hash64<kFilterBits>(head));
    by_head_.try_emplace(head, i, i).first->second.second =
        i + 1; // sorted: equal heads are neighbours
  }
}

void Matcher::enter_gram(const char *at) {
  const std::size_t hash = hash32<kGramBits>(gram(at));
  grams_[hash / 64] |= std::uint64_t{1} << (hash % 64);
}

inline bool Matcher::may_be_gram(const char *at) const {
  const std::size_t hash = hash32<kGramBits>(gram(at));
  return (grams_[hash / 64] >> (hash % 64) & 1U) != 0;
}

Matcher::Verdict Matcher::look(std::string_view text, std::size_t begin, Rest rest,
                               std::vector<Match> &matches) const {
  const std::uint64_t head = head_of(text.data() + begin);
  if (!heads_.test(hash64<kFilterBits>(head))) {
    return Verdict::none;
  }
  const auto found = by_head_.find(head);
  if (found == by_head_.end()) {
    return Verdict::none;
  }
  std::size_t longest = 0;
  for (std::size_t i = found->second.first; i < found->second.second; ++i) {
    const Comparison comparison = compare(text.substr(begin), spellings_[i]);
    if (comparison.kind == Comparison::Kind::cut_off && rest == Rest::follows) {
      return Verdict::undecided;
    }
    if (comparison.kind == Comparison::Kind::equal) {
      longest = std::max(longest, comparison.length);
    }
  }
  if (longest > 0) {
    matches.push_back({begin, begin + longest});
  }
  return Verdict::none;
}

std::size_t Matcher::scan(std::string_view text, Rest rest, std::vector<Match> &matches) const {
  const std::size_t size = text.size();
  if (spellings_.empty()) {
    return size;
  }
  const char *data = text.data();
  std::size_t undecided = size;
  const auto confirm = [&](std::size_t at) { // false: bytes to come decide
    for (std::size_t begin = at - (kStep - 1); begin <= at; ++begin) {
      if (begin + kHead <= size && look(text, begin, rest, matches) == Verdict::undecided) {
        undecided = begin;
        return false;
      }
    }
    return true;
  };
  constexpr std::size_t kAtOnce = 4; // independent lookups the processor can overlap
  std::size_t at = kStep - 1;
  for (; at + kStep * kAtOnce + kGram <= size; at += kStep * kAtOnce) {
    std::array<bool, kAtOnce> hits{};
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      hits[i] = may_be_gram(data + at + i * kStep);
    }
    if (!(hits[0] | hits[1] | hits[2] | hits[3])) {
      continue;
    }
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      if (hits[i] && !confirm(at + i * kStep)) {
        return undecided;
      }
    }
  }
  for (; at + kGram <= size; at += kStep) {
    if (may_be_gram(data + at) && !confirm(at)) {
      return undecided;
    }
  }
  return rest == Rest::follows ? first_beginning(text) : size;
}

// Among the last bytes, too few to be looked up.
std::size_t Matcher::first_beginning(std::string_view text) const {
  for (std::size_t begin = text.size() - std::min(text.size(), kHead - 1); begin < text.size();
       ++begin) {
    const std::string_view tail = text.substr(begin);
    const auto at = std::lower_bound(
        spellings_.begin(), spellings_.end(), tail,
        [](const Spelling &spelling, std::string_view bytes) { return spelling.text < bytes; });
    if (at != spellings_.end() && std::string_view(at->text).substr(0, tail.size()) == tail) {
      return begin;
    }
  }
  return text.size();
}

} // namespace mre::guard
