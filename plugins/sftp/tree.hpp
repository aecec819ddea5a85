// What uploads and downloads of whole folders share: limits, names, the manifest and what the far
// side has for the work.
//
// Threads: pure functions but for those that run commands. Lifetime: values.
#pragma once

#include <mre/plugin.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sftp {

// A running SHA-256.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256 &) = delete;
  Sha256 &operator=(const Sha256 &) = delete;
  void update(std::string_view bytes);
  std::string finish_hex(); // and begins anew

private:
  struct State;
  std::unique_ptr<State> state_;
};

// What was moved, for the result and for comparing both sides.
struct TreeTally {
  std::uint64_t files = 0, folders = 0, links = 0, bytes = 0;
  std::vector<std::string> skipped; // sockets, devices and the like, by name
  struct Sum {
    std::string name, sha256;
  };
  std::vector<Sum> sums;
  bool has_odd_names = false; // line breaks or backslashes: sha256sum writes those its own way

  void add_file(const std::string &name, const std::string &sha256, std::uint64_t file_bytes);
  // The lines sha256sum prints and checks, by name.
  std::string manifest() const;
};

// Throws too_large where one file, the sum or the count goes beyond what is allowed.
class TreeLimits {
public:
  explicit TreeLimits(std::uint64_t max_file_size) : max_file_(max_file_size) {}
  void count(const std::string &name, std::uint64_t bytes);
  std::uint64_t max_file() const { return max_file_; }

private:
  std::uint64_t max_file_; // 0: none
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

// A name below a folder: relative, without empty parts, `.` and `..`; a leading ./ and a trailing /
// are taken off. Empty is the folder itself. Throws denied for anything else.
std::string tree_name(std::string_view name);

struct FarTools {
  bool has_tar = false, has_sha256sum = false, has_shell = false;
};
FarTools far_tools(mre::Host host, const mre::Call &call, const std::string &target);

// Runs one line of shell and throws remote_failed with its words unless it succeeds.
mre::Executed run_or_throw(mre::Host host, const mre::Call &call, const mre::Command &command,
                           const std::string &what);

mre::Schema tree_output();
// The members both results share.
// "; 2 left out (…)", or nothing.
std::string skipped_text(const TreeTally &tally);
mre::json tree_result(const TreeTally &tally, const std::string &by, const char *verified);

} // namespace sftp
