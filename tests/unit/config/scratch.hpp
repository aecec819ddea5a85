// A folder of one test, removed with everything in it.
//
// Threads: one. Lifetime: a test case.
#pragma once

#include "core/base/digest.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace mre::test {

class Scratch {
public:
  Scratch() : path_(std::filesystem::temp_directory_path() / ("mre-test-" + random_hex(8))) {
    std::filesystem::create_directories(path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  std::string path() const { return path_.string(); }
  std::string operator/(const std::string &name) const { return (path_ / name).string(); }

  // Makes the folders on the way; mode 0600.
  std::string write(const std::string &name, const std::string &content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
    return file.string();
  }

private:
  std::filesystem::path path_;
};

} // namespace mre::test
