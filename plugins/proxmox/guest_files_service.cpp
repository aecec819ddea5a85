// See guest_files_service.hpp.
#include "guest_files_service.hpp"

#include "guest_files.hpp"

#include <algorithm>
#include <cstring>

namespace proxmox {

namespace {

std::string owned(mre_str text) {
  return std::string(mre::view(text));
}

void give(const mre_sink &sink, const std::string &text) {
  if (sink.write != nullptr) {
    sink.write(sink.ctx, mre::borrow(text));
  }
}

void check(std::uint32_t ctid, const std::string &path) {
  if (ctid < kLowestId || ctid > kHighestId) {
    throw mre::Error(MRE_BAD_ARGUMENT, std::to_string(ctid) + " is no container's number",
                     "100 to 999999999");
  }
  if (path.empty() || path.front() != '/' || !mre::is_quotable(path)) {
    throw mre::Error(MRE_BAD_ARGUMENT, "a path in a container must be absolute", "begin with /");
  }
}

void copy_digest(char (&into)[65], const std::string &digest) {
  const std::size_t length = std::min(digest.size(), sizeof into - 1);
  std::memcpy(into, digest.data(), length);
  into[length] = '\0';
}

mre::RemoteWrite to_request(const mre_file_write &file) {
  mre::RemoteWrite request;
  request.path = owned(file.path);
  request.overwrite = (file.flags & MRE_WRITE_OVERWRITE) != 0;
  request.create_parents = (file.flags & MRE_WRITE_CREATE_PARENTS) != 0;
  if ((file.flags & MRE_WRITE_PERMISSIONS) != 0) {
    request.permissions = file.permissions;
  }
  request.verify = file.verify;
  request.expected_bytes = file.expected_bytes;
  return request;
}

} // namespace

GuestFilesService::GuestFilesService(mre::Host host, Cluster &cluster)
    : host_(host), cluster_(cluster) {
  table_.size = sizeof table_;
  table_.ctx = this;
  table_.stat = &mre::Method<&GuestFilesService::stat>::call;
  table_.write = &mre::Method<&GuestFilesService::write>::call;
  table_.read = &mre::Method<&GuestFilesService::read>::call;
}

mre::Call GuestFilesService::call_of(mre_call *call) const {
  return {host_.service<mre_call_api>(MRE_CALL), call};
}

// As mre.sftp/1 has it: 0 is the configured limit, UINT64_MAX none.
std::uint64_t GuestFilesService::limit_of(std::uint64_t max_bytes) const {
  if (max_bytes == 0) {
    return mre::Config(host_).limits().max_file_size;
  }
  return max_bytes == mre::kNoLimit ? 0 : max_bytes;
}

void GuestFilesService::stat(mre_call *call, mre_guest_stat &parameters) {
  const std::string path = owned(parameters.path);
  check(parameters.ctid, path);
  cluster_.at_container(
      call_of(call), owned(parameters.host), parameters.ctid, [&](const Node &node) {
        const mre::RemoteStat found = stat_in(Container(cluster_, node, parameters.ctid), path);
        if (parameters.info != nullptr) {
          const std::uint32_t size = parameters.info->size;
          std::memcpy(parameters.info, &found.info, std::min<std::size_t>(size, sizeof found.info));
          parameters.info->size = size;
        }
        give(parameters.real_path, found.real_path);
        give(parameters.node, node.name());
      });
}

void GuestFilesService::write(mre_call *call, mre_guest_write &parameters) {
  mre_file_write &file = *parameters.file;
  check(parameters.ctid, owned(file.path));
  if ((file.flags & MRE_WRITE_APPEND) != 0) {
    throw mre::Error(MRE_UNSUPPORTED, "files in containers cannot be appended to",
                     "write the whole file");
  }
  GuestWriteRequest request;
  request.file = to_request(file);
  request.file.max_bytes = limit_of(file.max_bytes);
  request.expected_sha256 = owned(parameters.expected_sha256);
  request.source = file.source;
  cluster_.at_container(call_of(call), owned(file.host), parameters.ctid, [&](const Node &node) {
    const Container container(cluster_, node, parameters.ctid);
    container.require_running(); // the source cannot be rewound for another node
    const mre::RemoteWritten written = write_in(container, request);
    file.bytes = written.bytes;
    file.file_bytes = written.file_bytes;
    copy_digest(file.sha256, written.sha256);
    file.verified = written.by_digest ? MRE_VERIFY_DIGEST : MRE_VERIFY_SIZE;
    file.existed = written.existed ? 1 : 0;
    file.result_permissions = written.permissions;
    give(file.real_path, written.real_path);
    give(parameters.node, node.name());
  });
}

void GuestFilesService::read(mre_call *call, mre_guest_read &parameters) {
  mre_file_read &file = *parameters.file;
  check(parameters.ctid, owned(file.path));
  GuestReadRequest request;
  request.file.path = owned(file.path);
  request.file.offset = file.offset;
  request.file.max_bytes = file.max_bytes;
  const mre_sink sink = file.sink;
  request.content = [&sink](std::string_view bytes) {
    return sink.write(sink.ctx, mre::borrow(bytes)) == 0;
  };
  cluster_.at_container(call_of(call), owned(file.host), parameters.ctid, [&](const Node &node) {
    const GuestReadResult done = read_in(Container(cluster_, node, parameters.ctid), request);
    file.bytes = done.bytes;
    file.info = done.info;
    copy_digest(file.sha256, done.sha256);
    give(parameters.node, node.name());
  });
}

} // namespace proxmox
