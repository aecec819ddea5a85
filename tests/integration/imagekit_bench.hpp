// What the tests of the imagekit plugin start from: an sshd, a stand-in for ImageKit, the daemon
// between them, and a shell that runs the commands it hands out.
//
// Threads: one. Lifetime: servers started from it must go before it.
#pragma once

#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"
#include "tests/integration/bench.hpp"
#include "tests/support/imagekit_server.hpp"

#include <filesystem>
#include <optional>

namespace mre::testing {

inline constexpr const char *kPlaceholder = "LOCAL_FILE_PATH";

// The code, after seeing that there is a next step.
inline std::string failed(const Json &result) {
  INFO(text_of(result));
  CHECK(result.value("isError", false) == true);
  if (const Json fields = structured(result); fields.contains("error")) {
    // A schema's complaint says in itself what is expected.
    CHECK((error_code(result) == "bad_argument" || !fields.at("error").value("hint", "").empty()));
  }
  return error_code(result);
}

inline void check_empty(const TemporaryFolder &folder) {
  CHECK(std::filesystem::is_empty(folder.path()));
}

class ImageKitBench {
public:
  explicit ImageKitBench(const Environment &extra = {}, SshdOptions options = {})
      : ssh(std::move(options)), extra_(extra) {
    server_.emplace(ServerOptions{.environment = environment()});
    server_->initialize();
  }

  Environment environment(const Environment &more = {}) const {
    Environment all = relay.environment();
    all["MRE_STATE_DIR"] = state / "state";
    for (const auto &[name, value] : extra_) {
      all[name] = value;
    }
    for (const auto &[name, value] : more) {
      all[name] = value;
    }
    return ssh.environment(all);
  }

  Json call(const std::string &tool, Json arguments) {
    return server_->call_tool("imagekit_" + tool, std::move(arguments), Patience(60000));
  }
  // The structured result; the test fails with the text when it is an error.
  Json ask(const std::string &tool, Json arguments) {
    const Json result = call(tool, std::move(arguments));
    INFO(text_of(result));
    REQUIRE(result.value("isError", false) == false);
    return structured(result);
  }
  ServerProcess &server() { return *server_; }
  void restart_server(const Environment &more = {}) {
    // The old one first: it must have written everything down by itself.
    server_->signal(SIGKILL);
    server_->wait();
    server_.emplace(ServerOptions{.environment = environment(more)});
    server_->initialize();
  }

  // The client's side.
  static std::string with_path(std::string command, const std::string &path) {
    const std::size_t at = command.find(kPlaceholder);
    REQUIRE(at != std::string::npos);
    command.replace(at, std::string(kPlaceholder).size(), path);
    REQUIRE(command.find(kPlaceholder) == std::string::npos);
    return command;
  }
  ProgramResult run(const std::string &command) const {
    return run_program({.command = {"sh", "-c", command},
                        .environment = Environment{{"PATH", "/usr/bin:/bin"},
                                                   {"HOME", near.path()},
                                                   {"CURL_CA_BUNDLE", relay.ca_file()}},
                        .output = Connect::pipe,
                        .error = Connect::pipe});
  }
  ProgramResult run(const std::string &command, const std::string &path) const {
    return run(with_path(command, path));
  }
  Json request_upload(const std::string &remote_path, const Json &more = Json::object()) {
    Json arguments{{"remote_path", remote_path}};
    arguments.update(more);
    return ask("request_upload", arguments);
  }
  // Requests an upload and lets the client do its part.
  std::string uploaded(const std::string &remote_path, const std::string &bytes,
                       const Json &more = Json::object()) {
    const Json request = request_upload(remote_path, more);
    const auto sent =
        run(request.at("upload_command").get<std::string>(), near.write("source", bytes));
    INFO(sent.output + sent.error);
    REQUIRE(sent.exit_code() == 0);
    return request.at("transfer_id");
  }
  Json confirm_upload(const std::string &transfer_id) {
    return call("confirm_upload", {{"transfer_id", transfer_id}});
  }
  // Nothing of ours anywhere but what the test put there.
  void check_clean() {
    CHECK(relay.store().objects().empty());
    CHECK(relay.store().cached().empty());
    for (const auto &entry : std::filesystem::directory_iterator(far.path())) {
      CHECK(entry.path().filename().string().rfind(".mre-", 0) != 0);
    }
  }

  Bench ssh;
  ImageKitServer relay;
  TemporaryFolder state, near, far;

private:
  Environment extra_;
  std::optional<ServerProcess> server_;
};

} // namespace mre::testing
