// proxmox_upload_file_to_container: a file of the server's machine into a container.
#include "arguments.hpp"
#include "guest_files.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

void check_size(const std::string &path, std::uint64_t bytes, std::uint64_t limit) {
  if (limit > 0 && bytes > limit) {
    throw mre::Error(MRE_TOO_LARGE,
                     path + ": " + size_text(bytes) + " are more than MAX_FILE_SIZE, " +
                         size_text(limit),
                     "raise MAX_FILE_SIZE, or set it to 0 for no limit");
  }
}

mre::Reply upload(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Stopwatch stopwatch;
  const std::uint32_t ctid = ctid_of(arguments);
  const std::string local_path = text_of(arguments, "local_path");
  GuestWriteRequest request;
  request.file.path = container_path_of(arguments);
  request.file.overwrite = flag_of(arguments, "overwrite");
  request.file.create_parents = flag_of(arguments, "create_parents");
  request.file.permissions = permissions_of(arguments);
  request.file.verify = verify_of(arguments);
  request.file.max_bytes = mre::Config(plugin.host).limits().max_file_size;
  mre::RemoteWritten written;
  std::string host;
  plugin.cluster.at_container(call, text_of(arguments, "host"), ctid, [&](const Node &node) {
    // Opened anew for each node that is tried: a stream cannot be rewound.
    const mre::LocalSource source(plugin.host, call, local_path);
    check_size(local_path, source.bytes(), request.file.max_bytes);
    request.file.expected_bytes = source.bytes();
    request.source = source.abi();
    host = node.name();
    written = write_in(Container(plugin.cluster, node, ctid), request);
  });
  const mre::Transferred moved{written.bytes, written.sha256, written.by_digest,
                               written.permissions, written.existed};
  return mre::Reply::of("Uploaded " + local_path + " to container " + std::to_string(ctid) + ":" +
                            written.real_path + ": " + moved.summary(),
                        moved.result({{"ctid", ctid},
                                      {"host", host},
                                      {"local_path", local_path},
                                      {"container_path", written.real_path}},
                                     stopwatch));
}

} // namespace

mre::Tool upload_to_container_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_upload_file_to_container";
  tool.title = "Upload a file to a container";
  tool.description =
      "Copy a file from this server's machine into a running container. Atomic and verified.";
  tool.promises = MRE_LOCAL_PATHS | MRE_TASK;
  tool.input = input({"ctid", "local_path", "container_path"}, {{"ctid", ctid()},
                                                                {"local_path", path()},
                                                                {"container_path", path()},
                                                                {"host", text()},
                                                                {"permissions", permissions()},
                                                                {"overwrite", flag()},
                                                                {"create_parents", flag()},
                                                                {"verify", verify()}});
  tool.output = moved_output();
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return upload(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
