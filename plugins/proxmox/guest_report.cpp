// See guest_report.hpp.
#include "guest_report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <vector>

namespace proxmox {

namespace {

constexpr std::string_view kEnd = "mre-end ";
constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kEndBytes = 8 + kHexDigits + 1 + 3; // "mre-end ", digest, blank, exit code
// A report holds a path of at most 4096 bytes and some numbers.
constexpr std::size_t kHeaderBytes = 8192;

// The first line that begins with the word, without it.
std::optional<std::string_view> after_word(std::string_view out, std::string_view word) {
  std::size_t at = 0;
  while (at <= out.size()) {
    if (out.substr(at, word.size()) == word) {
      return out.substr(at + word.size());
    }
    const std::size_t next = out.find('\n', at);
    if (next == std::string_view::npos) {
      break;
    }
    at = next + 1;
  }
  return std::nullopt;
}

// Takes the words before the last one off the front; the last may hold anything.
bool take_words(std::string_view &text, std::size_t count, std::vector<std::string_view> &words) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = text.find(' ');
    if (end == std::string_view::npos || end == 0) {
      return false;
    }
    words.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return true;
}

template <class Number>
bool read_number(std::string_view text, Number &number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

int32_t kind_of(std::string_view word) {
  return word == "file"        ? MRE_FILE_REGULAR
         : word == "directory" ? MRE_FILE_DIRECTORY
                               : MRE_FILE_OTHER;
}

std::optional<ReadStream::Header> parse_header(std::string_view text) {
  constexpr std::string_view kFile = "mre-file ";
  if (text.substr(0, kFile.size()) != kFile) {
    return std::nullopt;
  }
  text.remove_prefix(kFile.size());
  std::vector<std::string_view> words;
  constexpr std::size_t kWords = 6; // kind, size, mode, uid, gid, time
  ReadStream::Header header;
  header.info.size = sizeof header.info;
  if (!take_words(text, kWords, words) || !read_number(words[1], header.info.bytes) ||
      !read_number(words[2], header.info.permissions, 8) ||
      !read_number(words[3], header.info.uid) || !read_number(words[4], header.info.gid) ||
      !read_number(words[5], header.info.modified)) {
    return std::nullopt;
  }
  header.info.kind = kind_of(words[0]);
  header.real_path = text;
  return header;
}

} // namespace

std::string trailer(const std::string &sha256, std::uint64_t bytes) {
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), " %020llu\n", static_cast<unsigned long long>(bytes));
  return sha256 + number.data();
}

std::optional<ScriptFailure> parse_failure(std::string_view out) {
  const auto found = after_word(out, "mre-fail ");
  if (!found) {
    return std::nullopt;
  }
  std::string_view rest = *found;
  if (!rest.empty() && rest.back() == '\n') {
    rest.remove_suffix(1);
  }
  const std::size_t blank = std::min(rest.find(' '), rest.size());
  return ScriptFailure{std::string(rest.substr(0, blank)),
                       std::string(rest.substr(std::min(blank + 1, rest.size())))};
}

std::optional<WriteReport> parse_write_report(std::string_view out) {
  const auto found = after_word(out, "mre-ok ");
  if (!found) {
    return std::nullopt;
  }
  std::string_view rest = *found;
  std::vector<std::string_view> words;
  constexpr std::size_t kWords = 4; // bytes, how it was verified, existed, mode
  WriteReport report;
  if (!take_words(rest, kWords, words) || rest.empty() || rest.back() != '\n' ||
      !read_number(words[0], report.bytes) || !read_number(words[3], report.permissions, 8) ||
      (words[1] != "digest" && words[1] != "size")) {
    return std::nullopt;
  }
  rest.remove_suffix(1);
  report.by_digest = words[1] == "digest";
  report.existed = words[2] == "1";
  report.real_path = rest;
  return report;
}

Swept parse_sweep(std::string_view out) {
  const auto found = after_word(out, "mre-sweep:");
  const std::string_view word = found ? found->substr(0, found->find('\n')) : std::string_view();
  return word == "gone"          ? Swept::gone
         : word == "alive"       ? Swept::alive
         : word == "unsupported" ? Swept::unsupported
                                 : Swept::unknown;
}

bool ReadStream::take(std::string_view chunk) {
  if (header_) {
    return take_content(chunk);
  }
  const std::size_t end = chunk.find('\0');
  held_.append(chunk.substr(0, end));
  if (end == std::string_view::npos) {
    return held_.size() <= kHeaderBytes;
  }
  header_ = parse_header(held_);
  if (!header_) {
    return false;
  }
  held_.clear();
  begun_(*header_);
  return take_content(chunk.substr(end + 1));
}

// The last bytes are held back: they may be the end.
bool ReadStream::take_content(std::string_view chunk) {
  if (chunk.size() >= kEndBytes) {
    const bool goes_on = held_.empty() || content_(held_);
    held_.assign(chunk.substr(chunk.size() - kEndBytes));
    return goes_on &&
           (chunk.size() == kEndBytes || content_(chunk.substr(0, chunk.size() - kEndBytes)));
  }
  held_.append(chunk);
  if (held_.size() <= kEndBytes) {
    return true;
  }
  const std::size_t count = held_.size() - kEndBytes;
  const bool goes_on = content_(std::string_view(held_).substr(0, count));
  held_.erase(0, count);
  return goes_on;
}

std::optional<std::string> ReadStream::sha256() const {
  const std::string_view end = held_;
  if (!header_ || end.size() != kEndBytes || end.substr(0, kEnd.size()) != kEnd ||
      end.substr(kEnd.size() + kHexDigits) != " 000") {
    return std::nullopt;
  }
  const std::string_view digest = end.substr(kEnd.size(), kHexDigits);
  return digest.front() == '-' ? std::string() : std::string(digest);
}

} // namespace proxmox
