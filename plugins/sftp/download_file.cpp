// ssh_download_file: a file of a host to the server's machine.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace sftp {

namespace {

constexpr std::uint64_t kDigestFrom =
    64U << 10U; // as the host does for uploads: below, a round trip costs more than it proves
constexpr std::size_t kHexDigits = 64;
constexpr std::uint64_t kSlowDiskBytesPerMillisecond = 20000;
constexpr std::chrono::milliseconds kDigestStart{30000};

void check_remote(const std::string &name, const mre::FileInfo &info, std::uint64_t limit) {
  if (info.kind == MRE_FILE_DIRECTORY) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/remote_path: " + name + " is a folder",
                     "name a file in it");
  }
  if (info.kind != MRE_FILE_REGULAR) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/remote_path: " + name + " is not a regular file",
                     "read it with a command");
  }
  if (limit > 0 && info.bytes > limit) {
    throw mre::Error(MRE_TOO_LARGE,
                     name + ": " + size_text(info.bytes) + " are more than MAX_FILE_SIZE, " +
                         size_text(limit),
                     "raise MAX_FILE_SIZE, or set it to 0 for no limit");
  }
}

// The digest of the first bytes of the remote file, empty when the host cannot tell. Only as many
// as came: a log grows on.
std::string remote_digest(mre::Host host, const mre::Call &call, const std::string &target,
                          const std::string &path, std::uint64_t bytes) {
  mre::Command command;
  command.host = target;
  command.command =
      "head -c " + std::to_string(bytes) + " < " + mre::shell_quote(path) + " | sha256sum";
  command.timeout = kDigestStart + std::chrono::milliseconds(bytes / kSlowDiskBytesPerMillisecond);
  const mre::Executed ran = mre::Ssh(host).run(call, command);
  const std::string digest = ran.out.substr(0, kHexDigits);
  const bool is_digest = digest.size() == kHexDigits &&
                         digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  return ran.succeeded() && is_digest ? digest : std::string();
}

// True when the far side's digest was taken and is right; throws when it is wrong, or is required
// and cannot be had.
bool check_digest(mre::Host host, const mre::Call &call, int32_t verify,
                  const mre::RemoteRead &read, const mre::RemoteReadDone &done) {
  if (verify == MRE_VERIFY_SIZE || (verify == MRE_VERIFY_AUTO && done.bytes < kDigestFrom)) {
    return false;
  }
  std::string digest;
  try {
    digest = remote_digest(host, call, read.host, read.path, done.bytes);
  } catch (const mre::Error &error) {
    if (verify == MRE_VERIFY_DIGEST || error.status() == MRE_CANCELLED ||
        error.status() == MRE_LOST) {
      throw;
    }
  }
  if (digest.empty()) {
    if (verify == MRE_VERIFY_DIGEST) {
      throw mre::Error(MRE_UNSUPPORTED, read.host + " gave no digest of " + read.path,
                       "use verify=size");
    }
    return false;
  }
  if (digest != done.sha256) {
    throw mre::Error(MRE_CONFLICT,
                     read.host + ":" + read.path + " has SHA-256 " + digest +
                         ", what arrived has " + done.sha256,
                     "the file changed while it was read: try again, or use verify=size");
  }
  return true;
}

mre::Reply download(mre::Host host, const mre::json &arguments, const mre::Call &call) {
  const Stopwatch stopwatch;
  const std::uint64_t limit = mre::Config(host).limits().max_file_size;
  const mre::Sftp sftp(host);
  mre::RemoteRead read;
  read.host = mre::Hosts(host).resolve(text_of(arguments, "host")).name;
  const mre::RemoteStat remote = sftp.stat(call, read.host, text_of(arguments, "remote_path"));
  read.path = remote.real_path;
  const std::string name = read.host + ":" + read.path;
  check_remote(name, remote.info, limit);
  read.max_bytes =
      limit == 0 ? mre::kNoLimit : limit + 1; // one more tells that it has grown too large

  mre::LocalTarget target(host, call, text_of(arguments, "local_path"),
                          flag_of(arguments, "overwrite"));
  const mre::RemoteReadDone done = sftp.read(call, read, target.abi());
  check_remote(name, done.info, limit);
  if (limit > 0 && done.bytes > limit) {
    throw mre::Error(MRE_TOO_LARGE, name + " grew beyond MAX_FILE_SIZE, " + size_text(limit),
                     "raise MAX_FILE_SIZE");
  }
  if (done.bytes < done.info.bytes) {
    throw mre::Error(MRE_CONFLICT, name + " became shorter while it was read", "try again");
  }
  const bool by_digest = check_digest(host, call, verify_of(arguments), read, done);
  const bool existed = target.existed();
  const std::string local_path =
      target.commit(done.info.permissions & 0777U); // never set-id on this machine

  const mre::Transferred moved{done.bytes, done.sha256, by_digest, done.info.permissions, existed};
  return mre::Reply::of(
      "Downloaded " + name + " to " + local_path + ": " + moved.summary(),
      moved.result({{"host", read.host}, {"local_path", local_path}, {"remote_path", read.path}},
                   stopwatch));
}

} // namespace

mre::Tool download_file_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_download_file";
  tool.title = "Download a file";
  tool.description =
      "Copy a file from a host to this server's machine. Missing local folders are made.";
  tool.promises = MRE_LOCAL_PATHS | MRE_TASK;
  tool.input = input({"remote_path", "local_path"}, {{"remote_path", path()},
                                                     {"local_path", path()},
                                                     {"host", text()},
                                                     {"overwrite", flag()},
                                                     {"verify", verify()}});
  tool.output = moved_output();
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return download(host, arguments, call);
  };
  return tool;
}

} // namespace sftp
