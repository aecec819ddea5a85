// Level 1: the file, before and while it is loaded.
#include "tools/mre_check/check.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <cstring>
#include <optional>

namespace mre_check {
namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20U; // a static runtime with symbols

// The dynamic part of a 64-bit ELF file: names, flags, exported symbols.
class Elf {
public:
  explicit Elf(const std::string &path) {
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
  std::vector<std::string> exported() const {
    std::vector<std::string> names;
    each<Elf64_Sym>(SHT_DYNSYM, [&](const Elf64_Sym &symbol, const Elf64_Shdr &names_at) {
      const bool is_global = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
      if (is_global && symbol.st_shndx != SHN_UNDEF) {
        names.push_back(text(names_at.sh_offset + symbol.st_name));
      }
    });
    return names;
  }
  std::uint64_t flags(std::int64_t tag) const {
    std::uint64_t found = 0;
    each<Elf64_Dyn>(SHT_DYNAMIC, [&](const Elf64_Dyn &entry, const Elf64_Shdr &) {
      found |= entry.d_tag == tag ? entry.d_un.d_val : 0;
    });
    return found;
  }
  std::vector<std::string> needed() const {
    std::vector<std::string> names;
    each<Elf64_Dyn>(SHT_DYNAMIC, [&](const Elf64_Dyn &entry, const Elf64_Shdr &names_at) {
      if (entry.d_tag == DT_NEEDED || entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) {
        names.push_back(text(names_at.sh_offset + entry.d_un.d_val));
      }
    });
    return names;
  }

private:
  template <class T>
  T at(std::size_t offset) const {
    demand(offset + sizeof(T) <= bytes_.size(), "the file is cut short");
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  std::string text(std::size_t offset) const {
    demand(offset < bytes_.size(), "the file is cut short");
    return std::string(bytes_.data() + offset,
                       ::strnlen(bytes_.data() + offset, bytes_.size() - offset));
  }
  template <class T, class F>
  void each(std::uint32_t type, F &&body) const {
    for (const Elf64_Shdr &section : sections_) {
      if (section.sh_type != type || section.sh_link >= sections_.size()) {
        continue;
      }
      for (std::size_t i = 0; i < section.sh_size / sizeof(T); ++i) {
        body(at<T>(section.sh_offset + i * sizeof(T)), sections_[section.sh_link]);
      }
    }
  }
  std::string bytes_;
  std::vector<Elf64_Shdr> sections_;
};

void one_symbol(Plugin &plugin) {
  std::string others;
  bool has_entry = false;
  for (const std::string &name : Elf(plugin.path).exported()) {
    has_entry = has_entry || name == "mre_plugin_v1";
    if (name != "mre_plugin_v1" && others.size() < 200) {
      others += (others.empty() ? "" : ", ") + name;
    }
  }
  demand(has_entry, "it does not export mre_plugin_v1");
  demand(others.empty(), "it exports more than mre_plugin_v1: " + others +
                             "; mre_add_plugin() links with a version script that hides the rest");
}

void stays_loaded(Plugin &plugin) {
  const Elf elf(plugin.path);
  demand((elf.flags(DT_FLAGS_1) & DF_1_NODELETE) != 0, "it is not linked with -z nodelete");
  demand((elf.flags(DT_FLAGS_1) & DF_1_NOW) != 0 || (elf.flags(DT_FLAGS) & DF_BIND_NOW) != 0,
         "it is not linked with -z now: a missing symbol would end the server at its first use");
}

void plain_needs(Plugin &plugin) {
  for (const std::string &name : Elf(plugin.path).needed()) {
    demand(name.empty() || name[0] == '$' || name.find('/') == std::string::npos,
           "it is tied to a place of the machine it was built on: " + name);
  }
}

void loads(Plugin &plugin) {
  load(plugin);
}

void descriptor(Plugin &plugin) {
  const Complaint complaint = descriptor_complaint(plugin.path);
  demand(!complaint, complaint.value_or(""));
}

void same_descriptor(Plugin &plugin) {
  void *const object = ::dlopen(plugin.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto entry = reinterpret_cast<const mre_plugin *(*)()>(::dlsym(object, "mre_plugin_v1"));
  demand(entry() == entry(), "mre_plugin_v1() gives another descriptor each time");
}

} // namespace

void load(Plugin &plugin) {
  if (plugin.descriptor != nullptr) {
    return;
  }
  const Complaint complaint = load_complaint(plugin.path);
  demand(!complaint, complaint.value_or(""));
  void *const object = ::dlopen(plugin.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto entry = reinterpret_cast<const mre_plugin *(*)()>(::dlsym(object, "mre_plugin_v1"));
  plugin.descriptor = entry();
}

std::vector<Check> file_checks() {
  return {{"one-symbol", 1, "exports mre_plugin_v1 and nothing else", one_symbol, false},
          {"stays-loaded", 1, "is linked with -z now and -z nodelete", stays_loaded, false},
          {"plain-needs", 1, "names the libraries it needs without folders", plain_needs, false},
          {"loads", 1, "loads with every symbol bound, as the server loads it", loads, false},
          {"descriptor", 1, "has a complete descriptor", descriptor, false},
          {"same-descriptor", 1, "gives the same descriptor each time", same_descriptor, true}};
}

} // namespace mre_check
