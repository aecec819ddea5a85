// ssh_read_file: a part of a remote file as text, or as base64 when it is none.
#include "arguments.hpp"
#include "schemas.hpp"
#include "text_bytes.hpp"
#include "tools.hpp"

namespace sftp {

namespace {

mre::Reply read_file(mre::Host host, const mre::json &arguments, const mre::Call &call) {
  const std::uint64_t limit = mre::Config(host).limits().character_limit;
  mre::RemoteRead read;
  read.host = mre::Hosts(host).resolve(text_of(arguments, "host")).name;
  read.path = text_of(arguments, "path");
  read.offset = count_of(arguments, "offset", 0);
  read.max_bytes = count_of(arguments, "max_bytes", limit);
  if (read.max_bytes > limit) {
    throw mre::Error(MRE_BAD_ARGUMENT,
                     "/max_bytes: at most " + std::to_string(limit) + " (CHARACTER_LIMIT)",
                     "read on with offset, or download the file");
  }
  std::string bytes;
  mre::Sink sink(bytes);
  const mre::RemoteReadDone done = mre::Sftp(host).read(call, read, sink);
  // A size of 0 with content is a file of /proc: only a short read tells its end.
  const bool is_through = done.info.bytes > 0 ? read.offset + bytes.size() >= done.info.bytes
                                              : bytes.size() < read.max_bytes;
  if (!is_through && incomplete_tail(bytes) < bytes.size()) {
    bytes.resize(bytes.size() -
                 incomplete_tail(bytes)); // the next part begins with the whole character
  }
  const bool is_text = is_plain_text(bytes);
  const std::string content = is_text ? bytes : to_base64(bytes);
  mre::json result = {{"host", read.host},       {"path", read.path},
                      {"content", content},      {"encoding", is_text ? "utf-8" : "base64"},
                      {"offset", read.offset},   {"bytes", bytes.size()},
                      {"size", done.info.bytes}, {"eof", is_through}};
  std::string summary =
      read.host + ":" + read.path + ", bytes " + std::to_string(read.offset) + " to " +
      std::to_string(read.offset + bytes.size()) + " of " + std::to_string(done.info.bytes) +
      (is_text ? "" : ", base64") +
      (is_through ? "" : ", more at offset " + std::to_string(read.offset + bytes.size()));
  return mre::Reply::of(summary + "\n" + content, std::move(result));
}

} // namespace

mre::Tool read_file_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_read_file";
  tool.title = "Read a remote file";
  tool.description = "Read a file on a host, or a part of it. Binary content comes as base64.";
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.input = input({"path"}, {{"path", path()},
                                {"host", text()},
                                {"offset", count("in bytes")},
                                {"max_bytes", {{"type", "integer"}, {"minimum", 1}}}});
  tool.output = output({"host", "path", "content", "encoding", "offset", "bytes", "size", "eof"},
                       {{"host", text()},
                        {"path", text()},
                        {"content", text()},
                        {"encoding", text()},
                        {"offset", count()},
                        {"bytes", count()},
                        {"size", count()},
                        {"eof", truth()}});
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return read_file(host, arguments, call);
  };
  return tool;
}

} // namespace sftp
