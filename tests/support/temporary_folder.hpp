// TemporaryFolder: a folder of the test's own, removed with everything in it when the object goes.
//
// Promise: the path is absolute, free of symbolic links and known to nobody else; failures throw
// std::runtime_error. Threads: one. Lifetime: the folder lives exactly as long as the object it was
// moved to last.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace mre::testing {

class TemporaryFolder {
public:
  // Mode 0700 by default; 0711 lets another user reach files whose names it knows.
  explicit TemporaryFolder(unsigned mode = 0700);
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder &&other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder &operator=(TemporaryFolder &&) = delete;

  const std::string &path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Writes the file (parents must exist) and returns its path.
  std::string write(std::string_view name, std::string_view bytes, unsigned mode = 0600) const;
  // The whole file; throws when it cannot be read.
  std::string read(std::string_view name) const;
  // Makes a folder inside and returns its path.
  std::string make_folder(std::string_view name, unsigned mode = 0700) const;

private:
  std::string path_;
};

// The same for any path.
void write_whole_file(const std::string &path, std::string_view bytes, unsigned mode = 0600);
std::string read_whole_file(const std::string &path);
bool path_exists(const std::string &path);

} // namespace mre::testing
