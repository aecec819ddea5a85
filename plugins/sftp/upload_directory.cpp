// ssh_upload_directory: a folder of the server's machine, with everything in it, to a host.
//
// A folder that is not there yet appears whole: everything goes to a temporary name beside it, is
// verified and renamed. Into one that is there files go one by one.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tar.hpp"
#include "tools.hpp"
#include "tree.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>

namespace sftp {

namespace {

constexpr std::size_t kSendChunk = 256U << 10U;
// The host's MAX_TIMEOUT bounds it further.
constexpr std::chrono::hours kLongestUpload{24};
// Removing 100,000 files takes seconds; the caller waits for it.
constexpr std::chrono::seconds kRemovalPatience{30};

struct Item {
  std::string name; // below the folder
  mre::FileInfo info;
  std::string target;
};

// Every folder before what is in it.
void scan(const mre::LocalTree &tree, const std::string &folder, std::vector<Item> &items,
          TreeLimits &limits) {
  for (auto &entry : tree.list(folder)) {
    Item item{folder.empty() ? entry.name : folder + "/" + entry.name, entry.info, entry.target};
    limits.count(item.name, item.info.bytes);
    items.push_back(item);
    if (item.info.kind == MRE_FILE_DIRECTORY) {
      scan(tree, item.name, items, limits);
    }
  }
}

std::string temporary_name(const std::string &path) {
  std::random_device dice;
  std::string name = path + ".mre-";
  for (int i = 0; i < 12; ++i) {
    name += "0123456789abcdef"[dice() & 15U];
  }
  return name + ".tmp";
}

std::string parent_of(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

class Upload {
public:
  Upload(mre::Host host, const mre::json &arguments, const mre::Call &call)
      : host_(host), call_(call), sftp_(host),
        tree_(host, call, text_of(arguments, "local_path"), mre::LocalTree::Missing::refuse),
        remote_host_(mre::Hosts(host).resolve(text_of(arguments, "host")).name),
        remote_path_(text_of(arguments, "remote_path")),
        overwrites_(flag_of(arguments, "overwrite")),
        creates_parents_(flag_of(arguments, "create_parents")) {
    while (remote_path_.size() > 1 && remote_path_.back() == '/') {
      remote_path_.pop_back();
    }
  }

  mre::Reply run() {
    TreeLimits limits(mre::Config(host_).limits().max_file_size);
    scan(tree_, {}, items_, limits);
    for (const Item &item : items_) {
      total_ += item.info.bytes;
    }
    look_at_target();
    const FarTools tools = far_tools(host_, call_, remote_host_);
    if (tools.has_tar) {
      send_archive(tools);
    } else {
      send_files(tools);
    }
    mre::json result = tree_result(tally_, tools.has_tar ? "tar" : "sftp", verified_);
    result["host"] = remote_host_;
    result["local_path"] = tree_.real_path();
    result["remote_path"] = remote_path_;
    result["duration_ms"] = stopwatch_.milliseconds();
    result["bytes_per_second"] = stopwatch_.bytes_per_second(tally_.bytes);
    return mre::Reply::of("Uploaded " + tree_.real_path() + " to " + remote_host_ + ":" +
                              remote_path_ + ": " + std::to_string(tally_.files) + " files, " +
                              size_text(tally_.bytes) + ", verified by " + verified_ +
                              skipped_text(tally_),
                          std::move(result));
  }

private:
  void look_at_target() {
    try {
      const mre::RemoteStat found = sftp_.stat(call_, remote_host_, remote_path_);
      if (found.info.kind != MRE_FILE_DIRECTORY) {
        throw mre::Error(MRE_BAD_ARGUMENT,
                         "/remote_path: " + remote_host_ + ":" + remote_path_ + " is no folder",
                         "name a folder, or one that is not there yet");
      }
      remote_path_ = found.real_path;
      exists_ = true;
      if (!overwrites_ && !sftp_.list(call_, remote_host_, remote_path_).empty()) {
        throw mre::Error(MRE_ALREADY_EXISTS,
                         remote_host_ + ":" + remote_path_ + " exists and is not empty",
                         "set overwrite=true to put the files into it, or choose another name");
      }
    } catch (const mre::Error &error) {
      if (error.status() != MRE_NOT_FOUND) {
        throw;
      }
    }
  }

  mre::Command command(const std::string &text) const {
    mre::Command command;
    command.host = remote_host_;
    command.command = text;
    command.timeout = kLongestUpload;
    return command;
  }

  void send_archive(const FarTools &tools) {
    const std::string place = exists_ ? remote_path_ : temporary_name(remote_path_);
    const std::string quoted = mre::shell_quote(place);
    if (!exists_) {
      make_target(place, 0700);
    }
    try {
      mre::Source archive(
          [this](char *buffer, std::size_t capacity) { return give(buffer, capacity); });
      mre::Command unpack = command("cd " + quoted + " && tar -x -p -o -f -");
      unpack.input_source = &archive;
      run_or_throw(host_, call_, unpack, "unpacking on " + remote_host_);
      verify(tools, place);
      if (!exists_) {
        run_or_throw(host_, call_,
                     command("chmod 755 " + quoted + " && mv " + quoted + " " +
                             mre::shell_quote(remote_path_)),
                     "putting the folder in place");
      }
    } catch (...) {
      if (!exists_) {
        remove_unfinished(quoted);
      }
      throw;
    }
  }

  void make_target(const std::string &path, std::uint32_t permissions) const {
    const std::string parent = parent_of(remote_path_);
    if (creates_parents_) {
      sftp_.make_directory(call_, remote_host_, parent, 0755, true);
    }
    try {
      sftp_.make_directory(call_, remote_host_, path, permissions, false);
    } catch (const mre::Error &error) {
      if (error.status() != MRE_NOT_FOUND) {
        throw;
      }
      throw mre::Error(MRE_NOT_FOUND,
                       "the folder " + remote_host_ + ":" + parent + " does not exist",
                       "make it first, or set create_parents to true");
    }
  }

  // Apart from the call: one that was cancelled would end the removal as well.
  void remove_unfinished(const std::string &quoted) const {
    const mre::Call apart(host_.service<mre_call_api>(MRE_CALL), nullptr);
    mre::Command removal = command("rm -rf " + quoted);
    removal.timeout = kRemovalPatience;
    try {
      mre::Ssh(host_).run(apart, removal);
    } catch (const mre::Error &) { // the first failure is the one to tell
    }
  }

  void verify(const FarTools &tools, const std::string &place) {
    verified_ = "size";
    if (!tools.has_sha256sum || tally_.has_odd_names || tally_.files == 0) {
      return;
    }
    const std::string manifest = tally_.manifest();
    mre::Command check = command("cd " + mre::shell_quote(place) + " && sha256sum -c - >/dev/null");
    check.input = manifest;
    const mre::Executed ran = mre::Ssh(host_).run(call_, check);
    if (!ran.succeeded()) {
      throw mre::Error(MRE_CONFLICT,
                       "what arrived on " + remote_host_ +
                           " differs from what was sent: " + ran.err.substr(0, 400),
                       "try again; check the disk of the host");
    }
    verified_ = "digest";
  }

  // The archive, piece by piece, as the far side takes it.
  std::size_t give(char *buffer, std::size_t capacity) {
    while (sent_ == pending_.size()) {
      pending_.clear();
      sent_ = 0;
      if (is_ended_) {
        return 0;
      }
      advance();
    }
    const std::size_t count = std::min(capacity, pending_.size() - sent_);
    pending_.copy(buffer, count, sent_);
    sent_ += count;
    return count;
  }

  void advance() {
    if (file_) {
      advance_file();
    } else if (next_ < items_.size()) {
      begin_item(items_[next_++]);
    } else {
      pending_ = tar_end();
      is_ended_ = true;
    }
  }

  void begin_item(const Item &item) {
    TarEntry entry;
    entry.name = "./" + item.name;
    entry.permissions = item.info.permissions;
    entry.modified = item.info.modified;
    switch (item.info.kind) {
    case MRE_FILE_DIRECTORY:
      entry.kind = TarEntry::Kind::directory;
      entry.name += "/";
      ++tally_.folders;
      break;
    case MRE_FILE_SYMLINK:
      entry.kind = TarEntry::Kind::link;
      entry.target = item.target;
      ++tally_.links;
      break;
    case MRE_FILE_REGULAR:
      // It cannot be moved, so make_unique has no way. NOLINTNEXTLINE(modernize-make-unique)
      file_.reset(new mre::LocalSource(tree_.source(item.name)));
      file_name_ = item.name;
      file_left_ = entry.bytes = file_->bytes();
      break;
    default:
      tally_.skipped.push_back(item.name);
      return;
    }
    pending_ = tar_header(entry);
    call_.progress(static_cast<double>(tally_.bytes), static_cast<double>(total_), item.name);
  }

  void advance_file() {
    if (file_left_ == 0) {
      tally_.add_file(file_name_, digest_.finish_hex(), file_->bytes());
      pending_ = tar_padding(file_->bytes());
      file_.reset();
      return;
    }
    pending_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kSendChunk, file_left_)));
    const mre_source source = file_->abi();
    const int64_t got = source.read(source.ctx, pending_.data(), pending_.size());
    if (got <= 0) {
      throw mre::Error(MRE_CONFLICT, file_name_ + " became shorter while it was read", "try again");
    }
    pending_.resize(static_cast<std::size_t>(got));
    file_left_ -= static_cast<std::uint64_t>(got);
    digest_.update(pending_);
  }

  // A server without tar: one by one, as ssh_upload_file would.
  void send_files(const FarTools &tools) {
    verified_ = "digest";
    if (!exists_) {
      make_target(remote_path_, 0755);
    }
    for (const Item &item : items_) {
      send_item(tools, item);
      call_.progress(static_cast<double>(tally_.bytes), static_cast<double>(total_), item.name);
    }
  }

  void send_item(const FarTools &tools, const Item &item) {
    const std::string path = remote_path_ + "/" + item.name;
    if (item.info.kind == MRE_FILE_DIRECTORY) {
      sftp_.make_directory(call_, remote_host_, path, item.info.permissions | 0700U, true);
      ++tally_.folders;
    } else if (item.info.kind == MRE_FILE_SYMLINK && tools.has_shell) {
      run_or_throw(host_, call_,
                   command("ln -s" + std::string(overwrites_ ? "fn " : " ") +
                           mre::shell_quote(item.target) + " " + mre::shell_quote(path)),
                   "making the link " + item.name);
      ++tally_.links;
    } else if (item.info.kind == MRE_FILE_REGULAR) {
      const mre::LocalSource source = tree_.source(item.name);
      mre::RemoteWrite write;
      write.host = remote_host_;
      write.path = path;
      write.overwrite = overwrites_;
      write.permissions = item.info.permissions;
      write.expected_bytes = source.bytes();
      const mre::RemoteWritten written = sftp_.write(call_, write, source.abi());
      verified_ = written.by_digest ? verified_ : "size";
      tally_.add_file(item.name, written.sha256, written.bytes);
    } else {
      tally_.skipped.push_back(item.name);
    }
  }

  const Stopwatch stopwatch_;
  mre::Host host_;
  const mre::Call &call_;
  const mre::Sftp sftp_;
  const mre::LocalTree tree_;
  const std::string remote_host_;
  std::string remote_path_;
  const bool overwrites_;
  const bool creates_parents_;
  bool exists_ = false;
  std::vector<Item> items_;
  std::uint64_t total_ = 0;
  TreeTally tally_;
  const char *verified_ = "size";
  // The archive under way.
  std::size_t next_ = 0;
  std::string pending_;
  std::size_t sent_ = 0;
  bool is_ended_ = false;
  std::unique_ptr<mre::LocalSource> file_;
  std::string file_name_;
  std::uint64_t file_left_ = 0;
  Sha256 digest_;
};

} // namespace

mre::Tool upload_directory_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_upload_directory";
  tool.title = "Upload a directory";
  tool.description = "Copy a directory with all it holds from this server's machine to a host. "
                     "Verified; a new directory appears whole.";
  tool.promises = MRE_LOCAL_PATHS | MRE_TASK;
  tool.input = input({"local_path", "remote_path"}, {{"local_path", path()},
                                                     {"remote_path", path()},
                                                     {"host", text()},
                                                     {"overwrite", flag()},
                                                     {"create_parents", flag()}});
  tool.output = tree_output();
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return Upload(host, arguments, call).run();
  };
  return tool;
}

} // namespace sftp
