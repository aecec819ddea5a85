#include "core/plugin_host/code_map.hpp"

#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace mre::plugin_host {
namespace {

// One executable segment of a plugin's file. Made once and then only read.
struct CodePlace {
  std::string plugin;
  std::uintptr_t begin = 0, end = 0;
  const CodePlace *next = nullptr;
};
std::atomic<const CodePlace *> newest_place{nullptr};

struct FoundCode {
  std::uintptr_t inside;
  const char *plugin;
};

bool holds(const dl_phdr_info &object, std::uintptr_t address) {
  for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
    const auto &segment = object.dlpi_phdr[i];
    const std::uintptr_t begin = object.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && address >= begin && address < begin + segment.p_memsz) {
      return true;
    }
  }
  return false;
}

extern "C" int remember_object(dl_phdr_info *object, std::size_t /*size*/, void *wanted) {
  const auto &found = *static_cast<const FoundCode *>(wanted);
  const bool is_program = object->dlpi_name == nullptr || object->dlpi_name[0] == '\0';
  if (is_program || !holds(*object, found.inside)) {
    return 0;
  }
  for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto &segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) {
      continue;
    }
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    if (owner_of_code(begin) == nullptr) { // else it was loaded before, and is still there
      auto place = std::make_unique<CodePlace>(
          CodePlace{found.plugin, begin, begin + segment.p_memsz, newest_place.load()});
      newest_place.store(place.release());
    }
  }
  return 1;
}

// A read that fails where others crash: the kernel copies into a pipe whatever is there.
class CarefulReader {
public:
  CarefulReader() noexcept {
    if (::pipe(ends_.data()) != 0) {
      ends_ = {-1, -1};
    }
  }
  ~CarefulReader() {
    if (ends_[0] >= 0) {
      ::close(ends_[0]);
      ::close(ends_[1]);
    }
  }
  CarefulReader(const CarefulReader &) = delete;
  CarefulReader &operator=(const CarefulReader &) = delete;

  // The words from there on, none when they cannot be read.
  template <std::size_t N>
  std::size_t read(std::uintptr_t from, std::size_t bytes,
                   std::array<std::uintptr_t, N> &words) const noexcept {
    // Not write(): a sanitizer would look at the bytes first, and they are nobody's.
    const auto given =
        static_cast<ssize_t>(ends_[1] < 0 ? -1 : ::syscall(SYS_write, ends_[1], from, bytes));
    const ssize_t taken =
        given <= 0 ? 0 : ::read(ends_[0], words.data(), static_cast<std::size_t>(given));
    return taken <= 0 ? 0 : static_cast<std::size_t>(taken) / sizeof words[0];
  }

private:
  std::array<int, 2> ends_{-1, -1};
};

// The frames between the crash and the plugin: those of the C library, or of a service.
constexpr std::size_t kScannedStack = std::size_t{64} << 10U;
// Fits the handler's own small stack, and a page is a multiple of it: no piece is half readable.
constexpr std::size_t kPiece = 1024;

} // namespace

void remember_code(const char *plugin, const void *inside) {
  FoundCode found{reinterpret_cast<std::uintptr_t>(inside), plugin};
  ::dl_iterate_phdr(remember_object, &found);
}

const char *owner_of_code(std::uintptr_t address) noexcept {
  for (const CodePlace *place = newest_place.load(); place != nullptr; place = place->next) {
    if (address >= place->begin && address < place->end) {
      return place->plugin.c_str();
    }
  }
  return nullptr;
}

const char *owner_on_stack(std::uintptr_t top) noexcept {
  const CarefulReader reader;
  std::array<std::uintptr_t, kPiece / sizeof(std::uintptr_t)> words{};
  const std::uintptr_t begin = top - top % sizeof(std::uintptr_t);
  bool has_begun = false;
  for (std::uintptr_t at = begin; at < begin + kScannedStack;) {
    const std::size_t bytes = kPiece - at % kPiece;
    const std::size_t count = reader.read(at, bytes, words);
    if (count == 0 && has_begun) {
      return nullptr; // the stack's end
    }
    has_begun = has_begun || count > 0; // the top may lie below it, when it has run over
    for (std::size_t i = 0; i < count; ++i) {
      if (const char *owner = owner_of_code(words.at(i))) {
        return owner;
      }
    }
    at += bytes;
  }
  return nullptr;
}

} // namespace mre::plugin_host
