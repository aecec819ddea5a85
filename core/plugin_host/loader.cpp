#include "core/plugin_host/loader.hpp"

#include "core/base/digest.hpp"
#include "core/base/file.hpp"
#include "core/base/unique_fd.hpp"
#include "core/plugin_host/crash_note.hpp"

#include <Poco/Exception.h>
#include <Poco/SharedLibrary.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace mre::plugin_host {
namespace {

constexpr const char *kEntry = "mre_plugin_v1";

Result<std::string> resolve_path(const std::string &path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) {
    return error_from_errno(errno, "cannot find " + path);
  }
  return std::string(resolved.get());
}

Result<std::string> digest_of(int fd, const std::string &path) {
  Sha256 digest;
  std::array<char, 65536> chunk{};
  while (true) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return error_from_errno(errno, "cannot read " + path);
    }
    if (got == 0) {
      return digest.finish_hex();
    }
    digest.update({chunk.data(), static_cast<std::size_t>(got)});
  }
}

struct EntryPoint {
  const mre_plugin *(*function)();
};

// Poco always loads lazily and offers no NODELETE, so the file is opened once before it with both:
// glibc hands Poco the same object. The handle is not closed: plugins are never unloaded.
Result<EntryPoint> find_entry(const std::string &path, const std::string &shown) {
  if (::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) == nullptr) {
    const char *reason = ::dlerror();
    return Error{Errc::local_failed,
                 std::string("the dynamic linker refused it: ") +
                     (reason != nullptr ? reason : "no reason given"),
                 "run: ldd '" + shown + "'"};
  }
  try {
    Poco::SharedLibrary library;
    library.load(path, Poco::SharedLibrary::SHLIB_LOCAL);
    if (library.hasSymbol(kEntry)) {
      return EntryPoint{reinterpret_cast<const mre_plugin *(*)()>(library.getSymbol(kEntry))};
    }
    const bool is_newer = library.hasSymbol("mre_plugin_v2");
    return Error{Errc::unsupported,
                 std::string("it does not export ") + kEntry +
                     (is_newer ? ": it was made for version 2 of the plugin ABI"
                               : ": it is not a plugin of this server"),
                 is_newer ? "use a newer server, or a build of the plugin for version 1"
                          : "name the file of a plugin"};
  } catch (const Poco::Exception &error) {
    return Error{Errc::local_failed, "it cannot be loaded: " + error.displayText(), {}};
  } catch (const std::exception &error) {
    return Error{Errc::local_failed, std::string("it cannot be loaded: ") + error.what(), {}};
  }
}

Result<Descriptor> call_entry(EntryPoint entry, const std::string &path) {
  try {
    return read_descriptor(entry.function(), path);
  } catch (...) {
    return Error{Errc::unsupported, "its entry function threw an exception",
                 "ask the plugin's author for a corrected build"};
  }
}

} // namespace

Result<LoadedFile> load_file(const PluginFile &file) {
  if (file.path.empty() || file.path[0] != '/') {
    return Error{Errc::bad_argument, "'" + file.path + "' is not an absolute path", {}};
  }
  MRE_TRY(const std::string path, resolve_path(file.path));
  MRE_TRY_VOID(check_trusted(path));
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    return error_from_errno(errno, "cannot open " + path);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return error_from_errno(errno, "cannot look at " + path);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{Errc::bad_argument, path + " is not a regular file", {}};
  }
  std::string load_path = path;
  if (!file.sha256.empty()) {
    MRE_TRY(const std::string digest, digest_of(fd.get(), path));
    if (digest != file.sha256) {
      return Error{Errc::denied, "its SHA-256 is " + digest + ", but " + file.sha256 + " is pinned",
                   "if you replaced the file yourself, set " +
                       (file.pinned_by.empty() ? "the new digest" : file.pinned_by + "=" + digest)};
    }
    // glibc knows the object by the name it was loaded under: were the number used again, the next
    // plugin that is loaded through it would silently be this one. So the descriptor stays open as
    // long as the code stays mapped: for ever.
    load_path = "/proc/self/fd/" + std::to_string(fd.release());
  }
  const Running running(path.c_str(), "being loaded"); // its constructors and its entry function
  MRE_TRY(const EntryPoint entry, find_entry(load_path, path));
  LoadedFile loaded;
  MRE_TRY(loaded.descriptor, call_entry(entry, path));
  loaded.identity = {info.st_dev, info.st_ino};
  return loaded;
}

Result<PluginDescription> describe(const std::string &path) {
  MRE_TRY(const std::string resolved, resolve_path(path));
  MRE_TRY(LoadedFile loaded, load_file({resolved, {}}));
  return std::move(loaded.descriptor.description);
}

} // namespace mre::plugin_host
