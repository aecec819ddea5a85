// See tar.hpp.
#include "tar.hpp"

#include <mre/plugin.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sftp {

namespace {

// A header's fields: place and length (POSIX.1-2008 pax, ustar interchange format).
struct Field {
  std::size_t at, length;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12},
    kTime{136, 12}, kSum{148, 8}, kTarget{157, 100}, kMagic{257, 8}, kPrefix{345, 155};
constexpr std::size_t kKind = 156;
// A name or a pax header of more is an attack on memory, not a name.
constexpr std::uint64_t kLongestText = 1U << 20U;

void put(std::string &block, Field field, std::string_view text) {
  block.replace(field.at, std::min(text.size(), field.length),
                text.substr(0, std::min(text.size(), field.length)));
}

// Octal with a NUL behind; larger numbers in GNU's base 256.
void put_number(std::string &block, Field field, std::uint64_t number) {
  const std::uint64_t bound = std::uint64_t{1} << (3 * (field.length - 1));
  if (field.length < 12 || number < bound) {
    for (std::size_t i = field.length - 1; i-- > 0; number >>= 3U) {
      block[field.at + i] = static_cast<char>('0' + (number & 7U));
    }
    return;
  }
  for (std::size_t i = field.length; i-- > 1; number >>= 8U) {
    block[field.at + i] = static_cast<char>(number & 0xffU);
  }
  block[field.at] = static_cast<char>(0x80);
}

std::uint64_t sum_of(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool is_sum = i >= kSum.at && i < kSum.at + kSum.length;
    sum += is_sum ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

std::string header_block(const TarEntry &entry, char kind, std::uint64_t bytes) {
  std::string block(kTarBlock, '\0');
  put(block, kName, entry.name);
  put_number(block, kMode, entry.permissions & 07777U);
  put_number(block, kUser, 0);
  put_number(block, kGroup, 0);
  put_number(block, kSize, bytes);
  put_number(block, kTime, entry.modified < 0 ? 0 : static_cast<std::uint64_t>(entry.modified));
  block[kKind] = kind;
  put(block, kTarget, entry.target);
  put(block, kMagic, std::string_view("ustar  \0", 8)); // GNU's, because of the long names
  std::array<char, 8> sum{};
  std::snprintf(sum.data(), sum.size(), "%06o", static_cast<unsigned>(sum_of(block)));
  put(block, kSum, std::string_view(sum.data(), 7));
  block[kSum.at + 7] = ' ';
  return block;
}

std::string long_text(char kind, const std::string &text) {
  TarEntry entry;
  entry.name = "././@LongLink";
  return header_block(entry, kind, text.size() + 1) + text + '\0' + tar_padding(text.size() + 1);
}

[[noreturn]] void broken(const std::string &what) {
  throw mre::Error(MRE_REMOTE_FAILED, "the far side's tar gave no archive: " + what,
                   "a login shell that prints something spoils it: let .bashrc and the like be "
                   "quiet");
}

std::string text_at(const std::string &block, Field field) {
  const std::string_view text = std::string_view(block).substr(field.at, field.length);
  return std::string(text.substr(0, text.find('\0')));
}

std::uint64_t number_at(const std::string &block, Field field) {
  std::uint64_t number = 0;
  if ((static_cast<unsigned char>(block[field.at]) & 0x80U) != 0) {
    number = static_cast<unsigned char>(block[field.at]) & 0x3fU;
    for (std::size_t i = 1; i < field.length; ++i) {
      if (number >> 55U != 0) {
        broken("a number is too large");
      }
      number = number << 8U | static_cast<unsigned char>(block[field.at + i]);
    }
    return number;
  }
  for (std::size_t i = 0; i < field.length; ++i) {
    const char c = block[field.at + i];
    if (c >= '0' && c <= '7') {
      number = number << 3U | static_cast<std::uint64_t>(c - '0');
    } else if (c != ' ' && c != '\0') {
      broken("a number is none");
    }
  }
  return number;
}

TarEntry::Kind kind_of(char kind) {
  switch (kind) {
  case '0':
  case '\0':
  case '7':
    return TarEntry::Kind::regular;
  case '1':
    return TarEntry::Kind::hard_link;
  case '2':
    return TarEntry::Kind::link;
  case '5':
    return TarEntry::Kind::directory;
  default:
    return TarEntry::Kind::other;
  }
}

std::uint64_t padding_of(std::uint64_t bytes) {
  return (kTarBlock - bytes % kTarBlock) % kTarBlock;
}

} // namespace

std::string tar_padding(std::uint64_t bytes) {
  return std::string(padding_of(bytes), '\0');
}

std::string tar_end() {
  return std::string(2 * kTarBlock, '\0');
}

std::string tar_header(const TarEntry &entry) {
  std::string text;
  if (entry.target.size() > kTarget.length) {
    text += long_text('K', entry.target);
  }
  if (entry.name.size() > kName.length) {
    text += long_text('L', entry.name);
  }
  const bool is_file = entry.kind == TarEntry::Kind::regular;
  const char kind = is_file                                   ? '0'
                    : entry.kind == TarEntry::Kind::directory ? '5'
                    : entry.kind == TarEntry::Kind::hard_link ? '1'
                                                              : '2';
  return text + header_block(entry, kind, is_file ? entry.bytes : 0);
}

void TarReader::feed(std::string_view bytes) {
  while (!bytes.empty() && !is_complete_) {
    switch (part_) {
    case Part::header: {
      const std::size_t taken = std::min(bytes.size(), kTarBlock - block_.size());
      block_ += bytes.substr(0, taken);
      bytes.remove_prefix(taken);
      if (block_.size() == kTarBlock) {
        take_header();
        block_.clear();
      }
      break;
    }
    case Part::long_text:
    case Part::content: {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
      if (part_ == Part::long_text) {
        block_ += bytes.substr(0, taken);
      } else if (is_delivered_ && taken > 0) {
        receiver_.data(bytes.substr(0, taken));
      }
      bytes.remove_prefix(taken);
      left_ -= taken;
      if (left_ == 0) {
        finish_content();
      }
      break;
    }
    case Part::padding: {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), padding_));
      bytes.remove_prefix(taken);
      padding_ -= taken;
      part_ = padding_ == 0 ? Part::header : Part::padding;
      break;
    }
    }
  }
}

void TarReader::take_header() {
  if (block_.find_first_not_of('\0') == std::string::npos) {
    is_complete_ = true; // one block of zeros is enough of an end
    return;
  }
  if (number_at(block_, kSum) != sum_of(block_)) {
    broken("a checksum is wrong");
  }
  const char kind = block_[kKind];
  std::uint64_t bytes = number_at(block_, kSize);
  if (kind == 'L' || kind == 'K' || kind == 'x' || kind == 'g') {
    if (bytes > kLongestText) {
      broken("a name is too long");
    }
    if (bytes > 0) {
      long_kind_ = kind;
      part_ = Part::long_text;
      left_ = bytes;
      padding_ = padding_of(bytes);
    }
    return;
  }
  if (std::exchange(has_pax_bytes_, false)) {
    bytes = pax_bytes_;
  }
  begin_content(kind, bytes);
}

void TarReader::begin_content(char kind, std::uint64_t bytes) {
  TarEntry entry;
  entry.kind = kind_of(kind);
  const bool is_posix = block_.compare(kMagic.at, 6, std::string_view("ustar\0", 6)) == 0;
  const std::string prefix = is_posix ? text_at(block_, kPrefix) : std::string();
  entry.name = (prefix.empty() ? "" : prefix + "/") + text_at(block_, kName);
  entry.target = text_at(block_, kTarget);
  if (!long_name_.empty()) {
    entry.name = std::exchange(long_name_, {});
  }
  if (!long_target_.empty()) {
    entry.target = std::exchange(long_target_, {});
  }
  entry.permissions = static_cast<std::uint32_t>(number_at(block_, kMode) & 07777U);
  entry.modified = static_cast<std::int64_t>(number_at(block_, kTime));
  is_delivered_ = entry.kind == TarEntry::Kind::regular;
  // Links and folders have no content, whatever the size says (POSIX).
  const bool has_content = is_delivered_ || entry.kind == TarEntry::Kind::other;
  entry.bytes = is_delivered_ ? bytes : 0;
  left_ = has_content ? bytes : 0;
  padding_ = padding_of(left_);
  receiver_.begin(entry);
  part_ = Part::content;
  if (left_ == 0) {
    finish_content();
  }
}

void TarReader::finish_content() {
  if (part_ == Part::long_text) {
    take_long_text();
    block_.clear();
  } else if (is_delivered_) {
    receiver_.end();
  }
  part_ = padding_ == 0 ? Part::header : Part::padding;
}

// GNU's long names, and of pax headers "length keyword=value" lines the three that matter.
void TarReader::take_long_text() {
  const std::string_view text = block_;
  if (long_kind_ == 'L') {
    long_name_ = text.substr(0, text.find('\0'));
  } else if (long_kind_ == 'K') {
    long_target_ = text.substr(0, text.find('\0'));
  } else if (long_kind_ == 'x') {
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t blank = rest.find(' ');
      const std::uint64_t length = blank > 9 // npos too
                                       ? 0
                                       : std::strtoull(std::string(rest).c_str(), nullptr, 10);
      if (length <= blank + 1 || length > rest.size()) {
        broken("a pax header is damaged");
      }
      const std::string_view line = rest.substr(blank + 1, length - blank - 2);
      rest.remove_prefix(length);
      const std::size_t equals = line.find('=');
      const std::string_view key = line.substr(0, equals);
      const std::string value(equals == line.npos ? std::string_view() : line.substr(equals + 1));
      const bool is_name = key == "path" || key == "linkpath";
      if (is_name && value.find('\0') != value.npos) {
        broken("a name holds a NUL"); // no file system has such names
      }
      if (key == "path") {
        long_name_ = value;
      } else if (key == "linkpath") {
        long_target_ = value;
      } else if (key == "size") {
        pax_bytes_ = std::strtoull(value.c_str(), nullptr, 10);
        has_pax_bytes_ = true;
      }
    }
  }
}

} // namespace sftp
