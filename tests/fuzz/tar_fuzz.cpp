// Archives as a far side may send them: the pieces they come in change nothing, a file's bytes are
// those its header promised, and what was read once can be written and read again.
#include "plugins/sftp/tar.hpp"

#include <mre/plugin.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kMostKept = 1U << 20U; // names and bytes; more would only be slow

// What was read, as text that can be compared.
class Listing final : public sftp::TarReceiver {
public:
  void begin(const sftp::TarEntry &entry) override {
    if (is_in_file_ || entry.permissions > 07777U) {
      std::abort();
    }
    entries.push_back(entry);
    is_in_file_ = entry.kind == sftp::TarEntry::Kind::regular;
    expected_ = entry.bytes;
  }
  void data(std::string_view bytes) override {
    if (!is_in_file_ || bytes.size() > expected_) {
      std::abort(); // more than the header said
    }
    expected_ -= bytes.size();
    content += bytes.substr(0, kMostKept - std::min(kMostKept, content.size()));
  }
  void end() override {
    if (!is_in_file_ || expected_ != 0) {
      std::abort();
    }
    is_in_file_ = false;
    content += '|';
  }

  std::vector<sftp::TarEntry> entries;
  std::string content;
  bool is_complete = false;
  bool is_broken = false;

private:
  bool is_in_file_ = false;
  std::uint64_t expected_ = 0;
};

Listing read(std::string_view bytes, std::size_t piece) {
  Listing listing;
  sftp::TarReader reader(listing);
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(bytes.substr(at, piece));
    }
  } catch (const mre::Error &) {
    listing.is_broken = true;
  }
  listing.is_complete = reader.is_complete();
  return listing;
}

bool same(const sftp::TarEntry &a, const sftp::TarEntry &b) {
  return a.name == b.name && a.kind == b.kind && a.bytes == b.bytes && a.target == b.target &&
         a.permissions == b.permissions && a.modified == b.modified;
}

bool same(const Listing &a, const Listing &b) {
  return a.is_broken == b.is_broken && a.is_complete == b.is_complete && a.content == b.content &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const auto &one, const auto &other) { return same(one, other); });
}

// A header that our writer makes is read as it was meant. Files only by their header: their bytes
// are none of the writer's business.
void check_written(const sftp::TarEntry &entry) {
  const bool can_be_written =
      entry.kind != sftp::TarEntry::Kind::other && !entry.name.empty() && entry.modified >= 0 &&
      entry.modified < (std::int64_t{1} << 33U) &&
      (entry.kind == sftp::TarEntry::Kind::link || entry.kind == sftp::TarEntry::Kind::hard_link ||
       entry.target.empty());
  if (!can_be_written || entry.bytes > (std::uint64_t{1} << 50U)) {
    return;
  }
  const Listing again = read(sftp::tar_header(entry), SIZE_MAX);
  if (again.is_broken || again.entries.size() != 1 || !same(again.entries.front(), entry)) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(data, data + size);
  const Listing whole = read(bytes, SIZE_MAX);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{511}, std::size_t{700}}) {
    if (!same(whole, read(bytes, piece))) {
      std::abort();
    }
  }
  for (const sftp::TarEntry &entry : whole.entries) {
    check_written(entry);
  }
  return 0;
}
