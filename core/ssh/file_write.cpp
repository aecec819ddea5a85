// Writing remote files: see files.hpp; the steps are in file_writer.cpp.
#include "core/ssh/file_writer.hpp"
#include "core/ssh/files.hpp"
#include "core/ssh/remote_digest.hpp"

namespace mre::ssh {

namespace {

// A slow disk reads this much a second; the digest of a file gets the time that takes on top of a
// start.
constexpr std::uint64_t kSlowDiskBytesPerMillisecond = 20000;
constexpr Milliseconds kDigestStart{30000};

Milliseconds digest_timeout(std::uint64_t bytes) {
  return kDigestStart +
         Milliseconds(static_cast<std::int64_t>(bytes / kSlowDiskBytesPerMillisecond));
}

} // namespace

Result<WriteResult> Files::write(const config::HostConfig &host, WriteRequest request,
                                 std::stop_token stop) {
  FileWriter::Service service;
  service.open_calls = [&](LeaseKind kind) { return open_calls(host, kind, stop); };
  service.remove_leftover = [&](const std::string &path, Errc why) {
    remove_leftover(host, path, why);
  };
  const bool required = request.verify == Verify::digest;
  service.digest = [&, required](const std::string &path, std::uint64_t offset,
                                 std::uint64_t bytes) -> Result<std::optional<std::string>> {
    const bool known_missing =
        without_digest_tool_.with([&](const auto &names) { return names.count(host.name) > 0; });
    if (known_missing && !required) {
      return std::optional<std::string>();
    }
    DigestRequest wanted;
    wanted.path = path;
    wanted.offset = offset;
    if (offset > 0) {
      wanted.bytes = bytes;
    }
    wanted.timeout = digest_timeout(bytes);
    auto digest = remote_sha256(engine_, host, wanted, stop);
    if (digest) {
      return std::optional<std::string>(*std::move(digest));
    }
    const Errc code = digest.error().code;
    if (code == Errc::unsupported) {
      without_digest_tool_.with([&](auto &names) { names.insert(host.name); });
    }
    if (required || code == Errc::cancelled || code == Errc::lost) {
      return std::move(digest).error();
    }
    log_.debug("digest_not_taken",
               {{"host", host.name}, {"path", path}, {"reason", digest.error().message}});
    return std::optional<std::string>();
  };
  const SteadyTime begin = clock_.now();
  auto written = FileWriter(std::move(service), request).run();
  if (written) {
    const auto spent = std::chrono::duration_cast<Milliseconds>(clock_.now() - begin);
    log_.debug("file_written", {{"host", host.name},
                                {"path", written->path},
                                {"bytes", std::to_string(written->bytes)},
                                {"ms", std::to_string(spent.count())}});
  }
  return written;
}

} // namespace mre::ssh
