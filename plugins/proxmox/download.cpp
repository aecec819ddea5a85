// proxmox_download_file_from_container: a file of a container to the server's machine.
#include "arguments.hpp"
#include "guest_files.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace proxmox {

namespace {

mre::Reply download(const Plugin &plugin, const mre::json &arguments, const mre::Call &call) {
  const Stopwatch stopwatch;
  const std::uint32_t ctid = ctid_of(arguments);
  GuestReadRequest request;
  request.file.path = container_path_of(arguments);
  request.largest = mre::Config(plugin.host).limits().max_file_size;
  request.verify = verify_of(arguments);
  GuestReadResult read;
  std::string host;
  std::string local_path;
  bool existed = false;
  plugin.cluster.at_container(call, text_of(arguments, "host"), ctid, [&](const Node &node) {
    mre::LocalTarget target(plugin.host, call, text_of(arguments, "local_path"),
                            flag_of(arguments, "overwrite"));
    const mre_sink sink = target.abi();
    bool is_written = true;
    request.content = [&sink, &is_written](std::string_view bytes) {
      is_written = sink.write(sink.ctx, mre::borrow(bytes)) == 0;
      return is_written;
    };
    host = node.name();
    try {
      read = read_in(Container(plugin.cluster, node, ctid), request);
    } catch (const mre::Error &) {
      if (!is_written) {
        throw mre::Error(MRE_LOCAL_FAILED,
                         "writing " + text_of(arguments, "local_path") +
                             " on the server's machine failed",
                         "see whether its disk is full; nothing was replaced");
      }
      throw;
    }
    if (request.largest > 0 && read.bytes > request.largest) {
      throw mre::Error(MRE_TOO_LARGE,
                       read.real_path + " grew beyond MAX_FILE_SIZE, " + size_text(request.largest),
                       "raise MAX_FILE_SIZE");
    }
    existed = target.existed();
    local_path = target.commit(read.info.permissions & 0777U); // never set-id on this machine
  });
  const mre::Transferred moved{read.bytes, read.sha256, read.by_digest, read.info.permissions,
                               existed};
  return mre::Reply::of("Downloaded container " + std::to_string(ctid) + ":" + read.real_path +
                            " to " + local_path + ": " + moved.summary(),
                        moved.result({{"ctid", ctid},
                                      {"host", host},
                                      {"local_path", local_path},
                                      {"container_path", read.real_path}},
                                     stopwatch));
}

} // namespace

mre::Tool download_from_container_tool(const Plugin &plugin) {
  mre::Tool tool;
  tool.name = "proxmox_download_file_from_container";
  tool.title = "Download a file from a container";
  tool.description = "Copy a file from a running container to this server's machine. Verified.";
  tool.promises = MRE_LOCAL_PATHS | MRE_TASK;
  tool.input = input({"ctid", "container_path", "local_path"}, {{"ctid", ctid()},
                                                                {"container_path", path()},
                                                                {"local_path", path()},
                                                                {"host", text()},
                                                                {"overwrite", flag()},
                                                                {"verify", verify()}});
  tool.output = moved_output();
  tool.run = [plugin](const mre::json &arguments, const mre::Call &call) {
    return download(plugin, arguments, call);
  };
  return tool;
}

} // namespace proxmox
