// The two-phase transfers when all is well: the commands are run as they are handed out.
#include "tests/integration/imagekit_bench.hpp"

#include <sys/stat.h>

#include <ctime>
#include <thread>

using namespace mre;
using namespace mre::testing;

namespace {

unsigned mode_of(const std::string &path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777U;
}

} // namespace

TEST_CASE("a file goes up by the command that was handed out, and nothing of it stays behind") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(300007);
  const std::string target = bench.far / "target with blanks";
  const Json request = bench.request_upload(target, {{"permissions", 640}});
  const std::string command = request.at("upload_command");
  CHECK(request.at("expires_in").get<int>() > 3500);
  CHECK(request.at("expires_in").get<int>() <= 3540);
  CHECK(request.at("max_bytes") == 10485760);
  // Every part of the command lives as long as the promise says.
  CHECK(holds(command, "expire=" + std::to_string(request.at("expires_at").get<std::int64_t>())));
  CHECK(holds(command, "fileName=mre-" +
                           std::to_string(request.at("expires_at").get<std::int64_t>()) + "-"));
  CHECK(std::abs(request.at("expires_at").get<std::int64_t>() -
                 request.at("expires_in").get<std::int64_t>() - std::time(nullptr)) <= 10);

  // Names that curl and the shell could misread.
  const std::string source = bench.near.write("it is, a; $name `x`", bytes);
  const auto sent = bench.run(command, source);
  INFO(sent.output + sent.error);
  REQUIRE(sent.exit_code() == 0);
  REQUIRE(bench.relay.store().objects().size() == 1);
  CHECK(bench.relay.store().objects()[0].is_private);
  CHECK(bench.relay.store().objects()[0].folder == "/mcp-remote-exec");

  const Json done = bench.ask("confirm_upload", {{"transfer_id", request.at("transfer_id")}});
  CHECK(done.at("transfer_id") == request.at("transfer_id"));
  CHECK(done.at("host") == "default");
  CHECK(done.at("ctid").is_null());
  CHECK(done.at("remote_path") == target);
  CHECK(done.at("bytes") == bytes.size());
  CHECK(done.at("sha256") == sha256_hex(bytes));
  CHECK(done.at("verified") == "digest");
  CHECK(done.at("permissions") == 640);
  CHECK(read_whole_file(target) == bytes);
  CHECK(mode_of(target) == 0640);
  bench.check_clean();

  // Repeated, it says the same and does nothing.
  const std::size_t requests = bench.relay.requests().size();
  CHECK(bench.ask("confirm_upload", {{"transfer_id", request.at("transfer_id")}}) == done);
  CHECK(bench.relay.requests().size() == requests);
}

TEST_CASE("a v2 token binds every field, so that the command can do one thing only") {
  ImageKitBench bench(Environment{{"IMAGEKIT_API_VERSION", "v2"}});
  const std::string target = bench.far / "target";
  const Json request = bench.request_upload(target, {{"size", 5}});
  const std::string command = request.at("upload_command");
  const auto changed = [&](const std::string &from, const std::string &to) {
    std::string other = command;
    other.replace(other.find(from), from.size(), to);
    return bench.run(other, bench.near.write("source", "hello"));
  };
  CHECK(changed("folder=/mcp-remote-exec", "folder=/elsewhere").exit_code() == 22);
  CHECK(changed("isPrivateFile=true", "isPrivateFile=false").exit_code() == 22);
  CHECK(changed("fileName=mre-", "fileName=x-mre-").exit_code() == 22);
  CHECK(bench.run(command, bench.near.write("large", random_bytes(5000))).exit_code() == 22);
  CHECK(bench.relay.store().objects().empty());
  // A token is used up even by a request that failed its checks, so this is a new one.
  const std::string transfer = bench.uploaded(target, "hello", {{"size", 5}});
  CHECK(bench.ask("confirm_upload", {{"transfer_id", transfer}}).at("bytes") == 5);
  CHECK(read_whole_file(target) == "hello");
  bench.check_clean();
}

TEST_CASE("a file comes down by the command, checked, and is gone when that is confirmed") {
  ImageKitBench bench;
  const std::string bytes = random_bytes(300007);
  const std::string remote = bench.far.write("it's a \"file\"", bytes);
  const Json request = bench.ask("request_download", {{"remote_path", remote}});
  CHECK(request.at("bytes") == bytes.size());
  CHECK(request.at("sha256") == sha256_hex(bytes));
  CHECK(request.at("parts").empty());
  const std::string url = request.at("download_url");
  CHECK(holds(url, "ik-t=" + std::to_string(request.at("expires_at").get<std::int64_t>())));
  REQUIRE(bench.relay.store().objects().size() == 1);
  CHECK(bench.relay.store().objects()[0].is_private);
  CHECK(bench.run("curl -fsS -o /dev/null '" + url.substr(0, url.find('?')) + "'").exit_code() ==
        22);

  const std::string target = bench.near / "here; and $there";
  const auto fetched = bench.run(request.at("download_command"), target);
  INFO(fetched.output + fetched.error);
  REQUIRE(fetched.exit_code() == 0);
  CHECK(read_whole_file(target) == bytes);
  const Json arguments{{"transfer_id", request.at("transfer_id")}};
  const Json done = bench.ask("confirm_download", arguments);
  CHECK(done.at("deleted") == true);
  CHECK(done.at("remote_path") == remote);
  bench.check_clean();
  CHECK(bench.run("curl -fsS -o /dev/null '" + url + "'").exit_code() == 22);
  CHECK(bench.ask("confirm_download", arguments) == done);
}

TEST_CASE("a file larger than an object comes down in parts, by one command") {
  ImageKitBench bench(Environment{{"IMAGEKIT_MAX_OBJECT_BYTES", "100000"}});
  const std::string bytes = random_bytes(250001);
  const std::string remote = bench.far.write("large", bytes);
  const Json request = bench.ask("request_download", {{"remote_path", remote}});
  CHECK(request.at("download_url").is_null());
  REQUIRE(request.at("parts").size() == 3);
  CHECK(request.at("parts")[2].at("bytes") == 50001);
  CHECK(request.at("parts")[2].at("sha256") == sha256_hex(bytes.substr(200000)));
  CHECK(request.at("sha256") == sha256_hex(bytes));
  CHECK(bench.relay.store().objects().size() == 3);
  const auto fetched = bench.run(request.at("download_command"), bench.near / "large");
  INFO(fetched.output + fetched.error);
  REQUIRE(fetched.exit_code() == 0);
  CHECK(read_whole_file(bench.near / "large") == bytes);
  bench.ask("confirm_download", {{"transfer_id", request.at("transfer_id")}});
  bench.check_clean();
}

TEST_CASE("an empty file goes both ways") {
  ImageKitBench bench;
  const std::string target = bench.far / "empty";
  const std::string transfer = bench.uploaded(target, "");
  CHECK(bench.ask("confirm_upload", {{"transfer_id", transfer}}).at("bytes") == 0);
  const Json request = bench.ask("request_download", {{"remote_path", target}});
  REQUIRE(bench.run(request.at("download_command"), bench.near / "empty").exit_code() == 0);
  CHECK(read_whole_file(bench.near / "empty").empty());
  bench.ask("confirm_download", {{"transfer_id", request.at("transfer_id")}});
  bench.check_clean();
}

TEST_CASE("two confirms at once do the work once and say the same") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, random_bytes(500000));
  const Json arguments{{"transfer_id", transfer}};
  ServerProcess &server = bench.server();
  const int first = server.start_tool("imagekit_confirm_upload", arguments);
  const int second = server.start_tool("imagekit_confirm_upload", arguments);
  const Json one = server.response(first).at("result");
  const Json two = server.response(second).at("result");
  CHECK(one.value("isError", false) == false);
  CHECK(structured(one) == structured(two));
  CHECK(bench.relay.count(ImageKitCall::deliver) == 1);
  CHECK(bench.relay.count(ImageKitCall::remove) == 1);
  bench.check_clean();
}

TEST_CASE("two servers that share their state do the work once as well") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, random_bytes(500000));
  const Json arguments{{"transfer_id", transfer}};
  auto other = start_server(bench.environment());
  const int first = bench.server().start_tool("imagekit_confirm_upload", arguments);
  const int second = other.start_tool("imagekit_confirm_upload", arguments);
  const Json one = bench.server().response(first).at("result");
  const Json two = other.response(second).at("result");
  CHECK(one.value("isError", false) == false);
  CHECK(structured(one) == structured(two));
  CHECK(bench.relay.count(ImageKitCall::deliver) == 1);
  bench.check_clean();
}

TEST_CASE("transfers survive a restart between their phases") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const Json upload = bench.request_upload(target);
  bench.restart_server();
  REQUIRE(bench.run(upload.at("upload_command"), bench.near.write("source", "hello")).exit_code() ==
          0);
  bench.restart_server();
  CHECK(bench.ask("confirm_upload", {{"transfer_id", upload.at("transfer_id")}}).at("bytes") == 5);
  const Json download = bench.ask("request_download", {{"remote_path", target}});
  bench.restart_server();
  REQUIRE(bench.run(download.at("download_command"), bench.near / "back").exit_code() == 0);
  CHECK(read_whole_file(bench.near / "back") == "hello");
  bench.restart_server();
  bench.ask("confirm_download", {{"transfer_id", download.at("transfer_id")}});
  bench.restart_server();
  CHECK(bench.ask("confirm_upload", {{"transfer_id", upload.at("transfer_id")}}).at("bytes") == 5);
  bench.check_clean();
}

TEST_CASE("a confirm that died with its process can be repeated") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, "hello");
  bench.relay.fail({.call = ImageKitCall::deliver, .kind = FaultKind::silence});
  bench.server().start_tool("imagekit_confirm_upload", {{"transfer_id", transfer}});
  REQUIRE(eventually([&] { return bench.relay.count(ImageKitCall::deliver) == 1; },
                     std::chrono::seconds(20)));
  bench.restart_server();
  CHECK(bench.ask("confirm_upload", {{"transfer_id", transfer}}).at("bytes") == 5);
  CHECK(read_whole_file(target) == "hello");
  bench.check_clean();
}

TEST_CASE("a confirm that was cancelled leaves nothing half done and can be repeated") {
  ImageKitBench bench;
  const std::string target = bench.far / "target";
  const std::string transfer = bench.uploaded(target, "hello");
  bench.relay.fail({.call = ImageKitCall::deliver, .kind = FaultKind::silence});
  const int id = bench.server().start_tool("imagekit_confirm_upload", {{"transfer_id", transfer}});
  REQUIRE(eventually([&] { return bench.relay.count(ImageKitCall::deliver) == 1; },
                     std::chrono::seconds(20)));
  bench.server().notify("notifications/cancelled", {{"requestId", id}});
  CHECK(bench.ask("confirm_upload", {{"transfer_id", transfer}}).at("bytes") == 5);
  CHECK(read_whole_file(target) == "hello");
  bench.check_clean();
}
