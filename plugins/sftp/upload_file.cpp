// ssh_upload_file: a file of the server's machine to a host.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace sftp {

namespace {

mre::Reply upload(mre::Host host, const mre::json &arguments, const mre::Call &call) {
  const Stopwatch stopwatch;
  const std::string local_path = text_of(arguments, "local_path");
  mre::RemoteWrite write;
  write.host = mre::Hosts(host).resolve(text_of(arguments, "host")).name;
  write.path = text_of(arguments, "remote_path");
  write.overwrite = flag_of(arguments, "overwrite");
  write.create_parents = flag_of(arguments, "create_parents");
  write.permissions = permissions_of(arguments);
  write.verify = verify_of(arguments);
  const mre::LocalSource source(host, call, local_path);
  write.expected_bytes = source.bytes();
  const mre::RemoteWritten written = mre::Sftp(host).write(call, write, source.abi());
  const mre::Transferred moved{written.bytes, written.sha256, written.by_digest,
                               written.permissions, written.existed};
  return mre::Reply::of(
      "Uploaded " + local_path + " to " + write.host + ":" + written.real_path + ": " +
          moved.summary(),
      moved.result(
          {{"host", write.host}, {"local_path", local_path}, {"remote_path", written.real_path}},
          stopwatch));
}

} // namespace

mre::Tool upload_file_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_upload_file";
  tool.title = "Upload a file";
  tool.description = "Copy a file from this server's machine to a host. Atomic and verified.";
  tool.promises = MRE_LOCAL_PATHS | MRE_TASK;
  tool.input = input({"local_path", "remote_path"}, {{"local_path", path()},
                                                     {"remote_path", path()},
                                                     {"host", text()},
                                                     {"permissions", permissions()},
                                                     {"overwrite", flag()},
                                                     {"create_parents", flag()},
                                                     {"verify", verify()}});
  tool.output = moved_output();
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return upload(host, arguments, call);
  };
  return tool;
}

} // namespace sftp
