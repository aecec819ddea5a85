// See elf_file.hpp.
#include "tools/mre_check/elf_file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

namespace mre_check {
namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20U; // a static runtime with symbols

// Constructors and destructors up to this priority belong to the compiler: its sanitizers and
// counters use them (GCC manual, "Common Function Attributes").
constexpr int kLastReservedPriority = 100;

// "_sub_D_00099_0" and "_GLOBAL__sub_I_00100_1_name", as GCC names what it puts there itself.
bool has_reserved_priority(std::string_view name) {
  for (const std::string_view part : {"_sub_D_", "_sub_I_"}) {
    const std::size_t found = name.find(part);
    if (found == std::string_view::npos) {
      continue;
    }
    const std::string_view rest = name.substr(found + part.size());
    int priority = 0;
    const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), priority);
    return code == std::errc() && end == rest.data() + 5 && priority <= kLastReservedPriority;
  }
  return false;
}

bool is_of_the_toolchain(std::string_view name) {
  // Of crtbegin (GCC's and compiler-rt's), and of clang's sanitizers.
  constexpr std::array<std::string_view, 4> of_crtbegin{"__do_global_dtors_aux", "frame_dummy",
                                                        "__do_fini", "__do_init"};
  constexpr std::array<std::string_view, 4> of_clang{"asan.module_", "tsan.module_",
                                                     "sancov.module_", "__llvm_"};
  return std::find(of_crtbegin.begin(), of_crtbegin.end(), name) != of_crtbegin.end() ||
         std::any_of(of_clang.begin(), of_clang.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         has_reserved_priority(name);
}

std::string as_address(std::uint64_t address) {
  std::array<char, 16> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), address, 16);
  return "0x" + std::string(digits.data(), written.ptr);
}

} // namespace

ElfFile::ElfFile(const std::string &path) {
  std::string why;
  auto read = read_whole_file(path, kLargestFile, why);
  demand(read.has_value(), why);
  bytes_ = *std::move(read);
  const auto header = at<Elf64_Ehdr>(0);
  demand(std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
             header.e_ident[EI_CLASS] == ELFCLASS64,
         "it is no 64-bit ELF file");
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    sections_.push_back(at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr)));
  }
}

std::string ElfFile::text(std::size_t offset) const {
  demand(offset < bytes_.size(), "the file is cut short");
  const char *const begin = bytes_.data() + offset;
  return {begin, ::strnlen(begin, bytes_.size() - offset)};
}

std::vector<std::string> ElfFile::exported() const {
  std::vector<std::string> names;
  each<Elf64_Sym>(SHT_DYNSYM, [&](const Elf64_Sym &symbol, const Elf64_Shdr &names_at) {
    const bool is_global = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
    if (is_global && symbol.st_shndx != SHN_UNDEF) {
      names.push_back(text(names_at.sh_offset + symbol.st_name));
    }
  });
  return names;
}

bool ElfFile::imports(const std::string &name) const {
  bool found = false;
  each<Elf64_Sym>(SHT_DYNSYM, [&](const Elf64_Sym &symbol, const Elf64_Shdr &names_at) {
    found = found ||
            (symbol.st_shndx == SHN_UNDEF && text(names_at.sh_offset + symbol.st_name) == name);
  });
  return found;
}

std::uint64_t ElfFile::flags(std::int64_t tag) const {
  std::uint64_t found = 0;
  each<Elf64_Dyn>(SHT_DYNAMIC, [&](const Elf64_Dyn &entry, const Elf64_Shdr &) {
    found |= entry.d_tag == tag ? entry.d_un.d_val : 0;
  });
  return found;
}

std::vector<std::string> ElfFile::needed() const {
  std::vector<std::string> names;
  each<Elf64_Dyn>(SHT_DYNAMIC, [&](const Elf64_Dyn &entry, const Elf64_Shdr &names_at) {
    if (entry.d_tag == DT_NEEDED || entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) {
      names.push_back(text(names_at.sh_offset + entry.d_un.d_val));
    }
  });
  return names;
}

bool ElfFile::has_own_cxx_runtime() const {
  const std::vector<std::string> libraries = needed();
  return std::none_of(libraries.begin(), libraries.end(), [](const std::string &name) {
    return name.starts_with("libstdc++.so") || name.starts_with("libc++.so");
  });
}

std::map<std::uint64_t, std::uint64_t> ElfFile::relocated() const {
  std::map<std::uint64_t, std::uint64_t> places;
  for (const Elf64_Shdr &section : sections_) {
    if (section.sh_type != SHT_RELA || section.sh_link >= sections_.size()) {
      continue;
    }
    const Elf64_Shdr &symbols = sections_[section.sh_link];
    for (std::size_t i = 0; i < section.sh_size / sizeof(Elf64_Rela); ++i) {
      const auto entry = at<Elf64_Rela>(section.sh_offset + i * sizeof(Elf64_Rela));
      const std::uint64_t symbol = ELF64_R_SYM(entry.r_info);
      auto address = static_cast<std::uint64_t>(entry.r_addend); // relative to where it is loaded
      if (symbol != 0) {
        address += at<Elf64_Sym>(symbols.sh_offset + symbol * sizeof(Elf64_Sym)).st_value;
      }
      places[entry.r_offset] = address;
    }
  }
  return places;
}

std::map<std::uint64_t, std::string> ElfFile::function_names() const {
  std::map<std::uint64_t, std::string> names;
  for (const std::uint32_t table : {SHT_DYNSYM, SHT_SYMTAB}) {
    each<Elf64_Sym>(table, [&](const Elf64_Sym &symbol, const Elf64_Shdr &names_at) {
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF) {
        names[symbol.st_value] = text(names_at.sh_offset + symbol.st_name);
      }
    });
  }
  return names;
}

std::vector<std::string> ElfFile::functions_in(std::uint32_t section_type) const {
  const auto places = relocated();
  const auto names = function_names();
  std::vector<std::string> found;
  // Of a stripped file the first entry is taken for the toolchain's own: crtbegin is linked first,
  // and is what wants this function.
  bool skips_first = imports("__cxa_finalize");
  for (const Elf64_Shdr &section : sections_) {
    if (section.sh_type != section_type) {
      continue;
    }
    for (std::size_t i = 0; i < section.sh_size / sizeof(std::uint64_t); ++i) {
      const std::size_t at_byte = i * sizeof(std::uint64_t);
      const auto place = places.find(section.sh_addr + at_byte);
      const std::uint64_t address =
          place != places.end() ? place->second : at<std::uint64_t>(section.sh_offset + at_byte);
      const auto name = names.find(address);
      if (name != names.end() && !is_of_the_toolchain(name->second)) {
        found.push_back(name->second);
      } else if (name == names.end() && !skips_first) {
        found.push_back(as_address(address));
      }
      skips_first = false;
    }
  }
  return found;
}

} // namespace mre_check
