// A plugin's file, read and not loaded: what it exports, needs, and does when it comes and goes.
//
// Promise: any bytes are safe input; a file that is no 64-bit ELF, or is cut short, is Failed.
// Threads: values. Lifetime: holds a copy of the file.
#pragma once

#include "tools/mre_check/check.hpp"

#include <elf.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace mre_check {

class ElfFile {
public:
  explicit ElfFile(const std::string &path);

  std::vector<std::string> exported() const;
  std::vector<std::string> needed() const; // libraries, and where to look for them
  std::uint64_t flags(std::int64_t tag) const;
  bool imports(const std::string &name) const;
  // Whether the C++ runtime is part of the file, or there is none.
  bool has_own_cxx_runtime() const;
  // The functions of .init_array and .fini_array, without those that every toolchain puts there;
  // by name, or by address where the file was stripped.
  std::vector<std::string> at_load() const { return functions_in(SHT_INIT_ARRAY); }
  std::vector<std::string> at_unload() const { return functions_in(SHT_FINI_ARRAY); }

private:
  template <class T>
  T at(std::size_t offset) const {
    demand(offset <= bytes_.size() && sizeof(T) <= bytes_.size() - offset, "the file is cut short");
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
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
  std::string text(std::size_t offset) const;
  std::vector<std::string> functions_in(std::uint32_t section_type) const;
  std::map<std::uint64_t, std::uint64_t> relocated() const;    // place -> address
  std::map<std::uint64_t, std::string> function_names() const; // address -> name

  std::string bytes_;
  std::vector<Elf64_Shdr> sections_;
};

} // namespace mre_check
