// ssh_write_file: text into a remote file.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tools.hpp"

namespace sftp {

namespace {

mre::Reply write_file(mre::Host host, const mre::json &arguments, const mre::Call &call) {
  const std::string mode = text_of(arguments, "mode", "create");
  const std::string content = text_of(arguments, "content");
  mre::RemoteWrite write;
  write.host = mre::Hosts(host).resolve(text_of(arguments, "host")).name;
  write.path = text_of(arguments, "path");
  write.overwrite = mode == "overwrite";
  write.append = mode == "append";
  write.create_parents = flag_of(arguments, "create_parents");
  write.permissions = permissions_of(arguments);
  write.verify = verify_of(arguments);
  write.expected_bytes = content.size();
  mre::Source source(content);
  const mre::RemoteWritten written = mre::Sftp(host).write(call, write, source);
  mre::json result = {{"host", write.host},
                      {"path", written.real_path},
                      {"bytes", written.bytes},
                      {"size", written.file_bytes},
                      {"sha256", written.sha256},
                      {"verified", verified_word(written.by_digest)},
                      {"permissions", octal_digits(written.permissions)},
                      {"created", !written.existed}};
  const char *verb = write.append && written.existed ? "Appended to "
                     : written.existed               ? "Replaced "
                                                     : "Created ";
  return mre::Reply::of(verb + write.host + ":" + written.real_path + ": " +
                            std::to_string(written.bytes) + " bytes written, the file has " +
                            std::to_string(written.file_bytes),
                        std::move(result));
}

} // namespace

mre::Tool write_file_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_write_file";
  tool.title = "Write a remote file";
  tool.description =
      "Write text to a file on a host: create (fails when it exists), overwrite, or append.";
  tool.promises = 0;
  tool.input = input(
      {"path", "content"},
      {{"path", path()},
       {"content", text()},
       {"host", text()},
       {"mode",
        {{"type", "string"}, {"enum", {"create", "overwrite", "append"}}, {"default", "create"}}},
       {"permissions", permissions()},
       {"create_parents", flag()},
       {"verify", verify()}});
  tool.output = output({"host", "path", "bytes", "size", "sha256", "permissions", "created"},
                       {{"host", text()},
                        {"path", text()},
                        {"bytes", count()},
                        {"size", count()},
                        {"sha256", text()},
                        {"verified", text()},
                        {"permissions", count()},
                        {"created", truth()}});
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return write_file(host, arguments, call);
  };
  return tool;
}

} // namespace sftp
