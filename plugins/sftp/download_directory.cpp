// ssh_download_directory: a folder of a host, with everything in it, to the server's machine.
//
// Names come from the far side and are not trusted: files are made inside the target by the host's
// own rules, links only when everything else is in place, so that nothing is written through one.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tar.hpp"
#include "tools.hpp"
#include "tree.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace sftp {

namespace {

constexpr std::chrono::hours kLongestDownload{24}; // the host's MAX_TIMEOUT bounds it further
constexpr std::size_t kManifestBytes = 64U << 20U;
constexpr std::size_t kCopyChunk = 256U << 10U;
constexpr std::size_t kSumDigits = 64;

class Download final : private TarReceiver {
public:
  Download(mre::Host host, const mre::json &arguments, const mre::Call &call)
      : host_(host), call_(call), sftp_(host),
        remote_host_(mre::Hosts(host).resolve(text_of(arguments, "host")).name),
        overwrites_(flag_of(arguments, "overwrite")),
        limits_(mre::Config(host).limits().max_file_size) {
    const mre::RemoteStat found = sftp_.stat(call, remote_host_, text_of(arguments, "remote_path"));
    remote_path_ = found.real_path;
    if (found.info.kind != MRE_FILE_DIRECTORY) {
      throw mre::Error(MRE_BAD_ARGUMENT,
                       "/remote_path: " + remote_host_ + ":" + remote_path_ + " is no folder",
                       "ssh_download_file takes single files");
    }
    tree_ = std::make_unique<mre::LocalTree>(host, call, text_of(arguments, "local_path"),
                                             mre::LocalTree::Missing::make);
    if (!overwrites_ && !tree_->list({}).empty()) {
      throw mre::Error(MRE_ALREADY_EXISTS, tree_->real_path() + " exists and is not empty",
                       "set overwrite=true to put the files into it, or choose another folder");
    }
  }

  mre::Reply run() {
    const FarTools tools = far_tools(host_, call_, remote_host_);
    if (tools.has_tar) {
      receive_archive();
    } else {
      receive_files({});
    }
    finish_folders();
    const char *verified = verify(tools);
    mre::json result = tree_result(tally_, tools.has_tar ? "tar" : "sftp", verified);
    result["host"] = remote_host_;
    result["local_path"] = tree_->real_path();
    result["remote_path"] = remote_path_;
    result["duration_ms"] = stopwatch_.milliseconds();
    result["bytes_per_second"] = stopwatch_.bytes_per_second(tally_.bytes);
    return mre::Reply::of("Downloaded " + remote_host_ + ":" + remote_path_ + " to " +
                              tree_->real_path() + ": " + std::to_string(tally_.files) +
                              " files, " + size_text(tally_.bytes) + ", verified by " + verified +
                              skipped_text(tally_),
                          std::move(result));
  }

private:
  mre::Command command(const std::string &text) const {
    mre::Command command;
    command.host = remote_host_;
    command.command = "cd " + mre::shell_quote(remote_path_) + " && " + text;
    command.timeout = kLongestDownload;
    return command;
  }

  void receive_archive() {
    TarReader reader(*this);
    std::string words;
    mre::Sink out([&](std::string_view bytes) { reader.feed(bytes); });
    mre::Sink err([&](std::string_view bytes) {
      words += bytes.substr(0, kCopyChunk - std::min(kCopyChunk, words.size()));
    });
    mre::Executed ran = mre::Ssh(host_).run(call_, command("tar -c -f - ."), out, err);
    ran.err = words;
    if (!ran.succeeded() || !reader.is_complete()) {
      throw_failure(ran);
    }
  }

  [[noreturn]] void throw_failure(const mre::Executed &ran) const {
    if (ran.outcome == MRE_OUTCOME_LOST) {
      throw mre::Error(MRE_LOST, "the connection was lost while the folder was read", "try again");
    }
    if (ran.outcome == MRE_OUTCOME_CANCELLED) {
      throw mre::Error(MRE_CANCELLED, "cancelled", "");
    }
    if (ran.outcome == MRE_OUTCOME_TIMED_OUT) {
      throw mre::Error(MRE_TIMED_OUT, "reading the folder took longer than MAX_TIMEOUT",
                       "raise MAX_TIMEOUT");
    }
    throw mre::Error(MRE_REMOTE_FAILED,
                     "tar on " + remote_host_ + " did not read all of " + remote_path_ + ": " +
                         ran.err.substr(0, 400),
                     "check the rights on the files there");
  }

  // TarReceiver.
  void begin(const TarEntry &entry) override {
    const std::string name = tree_name(entry.name);
    limits_.count(name, entry.bytes);
    switch (entry.kind) {
    case TarEntry::Kind::directory:
      make_folder(name, entry.permissions);
      break;
    case TarEntry::Kind::link:
      links_.emplace_back(name, entry.target);
      break;
    case TarEntry::Kind::hard_link:
      copy(tree_name(entry.target), name);
      break;
    case TarEntry::Kind::regular:
      begin_file(name, entry.permissions, entry.bytes);
      break;
    case TarEntry::Kind::other:
      tally_.skipped.push_back(name);
      break;
    }
  }

  void data(std::string_view bytes) override {
    digest_.update(bytes);
    const mre_sink sink = file_->abi();
    if (sink.write(sink.ctx, {bytes.data(), bytes.size()}) != 0) {
      throw mre::Error(MRE_LOCAL_FAILED, "cannot write " + tree_->real_path() + "/" + file_name_,
                       "check the space and the rights on this machine");
    }
  }

  void end() override {
    file_->commit(permissions_ & 0777U); // never set-id on this machine
    file_.reset();
    tally_.add_file(file_name_, digest_.finish_hex(), file_bytes_);
    call_.progress(static_cast<double>(tally_.bytes), 0, file_name_);
  }

  void begin_file(const std::string &name, std::uint32_t permissions, std::uint64_t bytes) {
    file_name_ = name;
    permissions_ = permissions;
    file_bytes_ = bytes;
    // It cannot be moved, so make_unique has no way. NOLINTNEXTLINE(modernize-make-unique)
    file_.reset(new mre::LocalTarget(tree_->target(name, overwrites_)));
  }

  // A second name of a file that came before.
  void copy(const std::string &from, const std::string &to) {
    const mre::LocalSource source = tree_->source(from);
    begin_file(to, source.permissions(), source.bytes());
    std::string buffer(kCopyChunk, '\0');
    const mre_source bytes = source.abi();
    for (int64_t got = 0; (got = bytes.read(bytes.ctx, buffer.data(), buffer.size())) > 0;) {
      data({buffer.data(), static_cast<std::size_t>(got)});
    }
    end();
  }

  void make_folder(const std::string &name, std::uint32_t permissions) {
    if (!name.empty()) {
      tree_->make_directory(name);
      ++tally_.folders;
    }
    folders_[name] = permissions;
  }

  // Without tar: one by one.
  void receive_files(const std::string &folder) {
    const std::string path = remote_path_ + (folder.empty() ? "" : "/" + folder);
    for (const mre::RemoteEntry &entry : sftp_.list(call_, remote_host_, path)) {
      const std::string name = tree_name(folder.empty() ? entry.name : folder + "/" + entry.name);
      limits_.count(name, entry.info.bytes);
      if (entry.info.kind == MRE_FILE_DIRECTORY) {
        make_folder(name, entry.info.permissions);
        receive_files(name);
      } else if (entry.info.kind == MRE_FILE_SYMLINK) {
        links_.emplace_back(name, entry.target);
      } else if (entry.info.kind == MRE_FILE_REGULAR) {
        receive_file(name, path + "/" + entry.name);
      } else {
        tally_.skipped.push_back(name);
      }
    }
  }

  void receive_file(const std::string &name, const std::string &path) {
    mre::LocalTarget target = tree_->target(name, overwrites_);
    mre::RemoteRead read;
    read.host = remote_host_;
    read.path = path;
    read.max_bytes = limits_.max_file() == 0 ? mre::kNoLimit : limits_.max_file();
    const mre::RemoteReadDone done = sftp_.read(call_, read, target.abi());
    target.commit(done.info.permissions & 0777U);
    tally_.add_file(name, done.sha256, done.bytes);
    call_.progress(static_cast<double>(tally_.bytes), 0, name);
  }

  // Links last, then the folders' own rights, the deepest first: a folder may forbid writing.
  void finish_folders() {
    for (const auto &[name, target] : links_) {
      tree_->make_link(name, target, overwrites_);
      ++tally_.links;
    }
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
      if (!folder->first.empty()) {
        tree_->set_permissions(folder->first, folder->second);
      }
    }
  }

  // The far side's digests of what it has now, against what came.
  const char *verify(const FarTools &tools) {
    if (!tools.has_sha256sum || tally_.has_odd_names || tally_.files == 0) {
      return "size";
    }
    const mre::Executed ran =
        mre::Ssh(host_).run(call_, command("find . -type f -exec sha256sum {} +"), kManifestBytes);
    if (!ran.succeeded() || !ran.is_complete) {
      return "size"; // a find without -exec +, or a file that nobody may read
    }
    std::map<std::string, std::string> theirs;
    for (std::size_t begin = 0; begin < ran.out.size();) {
      const std::size_t end = std::min(ran.out.find('\n', begin), ran.out.size());
      const std::string line = ran.out.substr(begin, end - begin);
      if (line.size() > kSumDigits + 4) {
        theirs[line.substr(kSumDigits + 4)] = line.substr(0, kSumDigits); // "digest  ./name"
      }
      begin = end + 1;
    }
    for (const TreeTally::Sum &sum : tally_.sums) {
      const auto found = theirs.find(sum.name);
      if (found == theirs.end() || found->second != sum.sha256) {
        throw mre::Error(MRE_CONFLICT, sum.name + " on " + remote_host_ + " is not what arrived",
                         "it changed while it was read: try again with overwrite=true");
      }
    }
    return "digest";
  }

  const Stopwatch stopwatch_;
  mre::Host host_;
  const mre::Call &call_;
  const mre::Sftp sftp_;
  const std::string remote_host_;
  std::string remote_path_;
  const bool overwrites_;
  TreeLimits limits_;
  std::unique_ptr<mre::LocalTree> tree_;
  TreeTally tally_;
  std::map<std::string, std::uint32_t> folders_; // name to permissions; a parent sorts first
  std::vector<std::pair<std::string, std::string>> links_;
  // The file under way.
  std::unique_ptr<mre::LocalTarget> file_;
  std::string file_name_;
  std::uint32_t permissions_ = 0;
  std::uint64_t file_bytes_ = 0;
  Sha256 digest_;
};

} // namespace

mre::Tool download_directory_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_download_directory";
  tool.title = "Download a directory";
  tool.description = "Copy a directory with all it holds from a host to this server's machine.";
  tool.promises = MRE_LOCAL_PATHS | MRE_TASK;
  tool.input = input(
      {"remote_path", "local_path"},
      {{"remote_path", path()}, {"local_path", path()}, {"host", text()}, {"overwrite", flag()}});
  tool.output = tree_output();
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return Download(host, arguments, call).run();
  };
  return tool;
}

} // namespace sftp
