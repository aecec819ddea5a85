#include "bench/openssh.hpp"

#include "bench/statistics.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/process.hpp"

#include <stdexcept>

namespace mre::bench {

OpenSsh::OpenSsh(const Fixture &fixture, std::uint16_t port)
    : endpoint_(fixture.endpoint()), known_hosts_(fixture.known_hosts_for(port)) {
  endpoint_.port = port;
}

OpenSsh::~OpenSsh() {
  try {
    auto command = ssh_command();
    command.insert(command.end(), {"-O", "exit", "127.0.0.1"});
    testing::run_program({.command = command, .output = testing::Connect::null});
  } catch (const std::runtime_error &) {
    // No master was started.
  }
}

std::vector<std::string> OpenSsh::common() const {
  return {"-F", "/dev/null",
          "-i", endpoint_.key_file,
          "-o", "Port=" + std::to_string(endpoint_.port),
          "-o", "User=" + endpoint_.user,
          "-o", "IdentitiesOnly=yes",
          "-o", "BatchMode=yes",
          "-o", "UserKnownHostsFile=" + known_hosts_};
}

std::vector<std::string> OpenSsh::ssh_command() const {
  std::vector<std::string> words{"ssh"};
  const auto options = common();
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"-o", "ControlPath=" + (folder_ / "master")});
  return words;
}

double OpenSsh::exec_milliseconds(const std::string &command) {
  auto words = ssh_command();
  words.insert(words.end(),
               {"-o", "ControlMaster=auto", "-o", "ControlPersist=60", "127.0.0.1", command});
  const Time begin = now();
  // Its stderr must not be a pipe: the master that stays behind would hold it open. The end of
  // stdout is the end of the command; waiting for the process would add the fixture's polling
  // interval.
  testing::Process process(
      {.command = words, .output = testing::Connect::pipe, .error = testing::Connect::null});
  const std::string output = testing::read_to_end(process.output().get(), std::chrono::seconds(30));
  const double took = milliseconds_since(begin);
  const auto end = process.wait(std::chrono::seconds(30));
  if (!end || end->exit_code != 0) {
    throw std::runtime_error("ssh through a ControlMaster failed: " + output);
  }
  return took;
}

double OpenSsh::sftp_milliseconds(const std::string &batch_line) const {
  std::vector<std::string> words{"sftp"};
  const auto options = common();
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"-q", "-b", "-", "127.0.0.1"});
  const Time begin = now();
  const auto result =
      testing::run_program({.command = words}, batch_line + "\n", std::chrono::seconds(120));
  const double took = milliseconds_since(begin);
  if (result.exit_code() != 0) {
    throw std::runtime_error("sftp: " + result.error);
  }
  return took;
}

} // namespace mre::bench
