// Temporary folders by mkdtemp, removed by std::filesystem.
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mre::testing {

namespace {

[[noreturn]] void fail(const std::string &what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

} // namespace

TemporaryFolder::TemporaryFolder(unsigned mode) {
  const char *base = std::getenv("TMPDIR");
  // The real path: tests compare it with what the server resolved.
  path_ = std::filesystem::canonical(base != nullptr && *base != '\0' ? base : "/tmp").string() +
          "/mre-test-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) {
    fail("mkdtemp " + path_);
  }
  if (::chmod(path_.c_str(), mode) != 0) {
    fail("chmod " + path_);
  }
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) {
    return; // moved from
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(std::string_view name, std::string_view bytes,
                                   unsigned mode) const {
  std::string path = *this / name;
  write_whole_file(path, bytes, mode);
  return path;
}

std::string TemporaryFolder::read(std::string_view name) const {
  return read_whole_file(*this / name);
}

std::string TemporaryFolder::make_folder(std::string_view name, unsigned mode) const {
  std::string path = *this / name;
  if (::mkdir(path.c_str(), mode) != 0 || ::chmod(path.c_str(), mode) != 0) {
    fail("mkdir " + path);
  }
  return path;
}

void write_whole_file(const std::string &path, std::string_view bytes, unsigned mode) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file || ::chmod(path.c_str(), mode) != 0) {
    fail("write " + path);
  }
}

std::string read_whole_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    fail("read " + path);
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool path_exists(const std::string &path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0;
}

} // namespace mre::testing
