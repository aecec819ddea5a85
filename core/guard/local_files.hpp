// Files of the server's own machine that a client may name: the rules behind mre.local/1.
//
// Promise: nothing outside TRANSFER_ROOT is read or written when it is set; key files, settings,
// the host book, the state folder and /proc are never read nor replaced, under whatever name. A
// target is complete or not there: temporary name beside it, mode 0600, renamed; it is never
// replaced when overwriting was not asked for, not even when it appears in between. Threads: any;
// one LocalSource or LocalTarget belongs to one thread at a time. Lifetime: values; a LocalTarget
// that was not committed removes its temporary file.
#pragma once

#include "core/base/result.hpp"
#include "core/base/unique_fd.hpp"
#include "core/config/settings.hpp"
#include "core/guard/local_path.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mre::guard {

enum class Overwrite { refuse, allow };

class LocalSource {
public:
  std::uint64_t bytes() const { return bytes_; }
  std::uint32_t permissions() const { return permissions_; } // the low 12 bits of st_mode
  const std::string &path() const { return path_; }          // links followed
  // Fills at most `capacity` bytes, from the start on; 0 is the end.
  Result<std::size_t> read(char *buffer, std::size_t capacity);

private:
  friend class LocalFiles;
  friend class LocalTree;
  UniqueFd file_;
  std::string path_;
  std::uint64_t bytes_ = 0;
  std::uint32_t permissions_ = 0;
};

class LocalTarget {
public:
  ~LocalTarget();
  LocalTarget(LocalTarget &&other) noexcept;
  LocalTarget &operator=(LocalTarget &&) = delete;

  bool existed() const { return existed_; }
  Result<void> write(std::string_view bytes);
  // Renames into place and gives the real path. An existing file keeps its mode and owner; a new
  // one gets `permissions` less the umask.
  Result<std::string> commit(std::uint32_t permissions);

private:
  friend class LocalFiles;
  friend class LocalTree;
  LocalTarget() = default;
  // Makes the temporary file that commit() renames to path_, beside it.
  Result<void> begin(UniqueFd folder, Overwrite overwrite);
  Result<void> take_over(const std::string &whole, std::uint32_t permissions);
  Result<void> put_in_place(const std::string &whole);

  ResolvedPath path_;
  UniqueFd folder_;
  UniqueFd file_;
  std::string temporary_; // empty: nothing to remove
  Overwrite overwrite_ = Overwrite::refuse;
  bool existed_ = false;
};

class LocalFiles {
public:
  // The book of hosts knows of files to protect that came with an edit after the start.
  explicit LocalFiles(config::SettingsPtr settings, config::HostBookPtr hosts = nullptr)
      : settings_(std::move(settings)), hosts_(std::move(hosts)) {}

  Result<LocalSource> open_source(const std::string &path) const;
  // Makes missing parent folders.
  Result<LocalTarget> open_target(const std::string &path, Overwrite overwrite) const;

private:
  friend class LocalTree;
  Result<void> check_root(const ResolvedPath &path) const;
  Result<void> check_folders(const ResolvedPath &path, const OpenFolder &folder) const;
  Result<void> check_not_protected(const ResolvedPath &path, const FileIdentity &file) const;

  config::SettingsPtr settings_;
  config::HostBookPtr hosts_; // may be null
};

} // namespace mre::guard
