#include "bench/fixture.hpp"

#include "tests/support/network.hpp"

#include <sys/stat.h>

#include <fstream>
#include <utility>

namespace mre::bench {
namespace {

// sshd takes sixteen at most.
constexpr int kMorePorts = 11;

std::vector<std::uint16_t> more_ports(Fixture::Limits limits) {
  std::vector<std::uint16_t> ports;
  for (int i = 0; limits == Fixture::Limits::wide_on_many_ports && i < kMorePorts; ++i) {
    ports.push_back(testing::free_port());
  }
  return ports;
}

testing::SshdOptions sshd_options(Fixture::Limits limits, const std::vector<std::uint16_t> &ports) {
  testing::SshdOptions options;
  if (limits != Fixture::Limits::openssh_defaults) {
    options.max_sessions = 200;
    options.extra_config = {"MaxStartups 100:30:200"};
  }
  for (const std::uint16_t port : ports) {
    options.extra_config.push_back("Port " + std::to_string(port));
  }
  return options;
}

} // namespace

Fixture::Fixture(Limits limits)
    : ports_(more_ports(limits)), sshd_(sshd_options(limits, ports_)), local_(0711) {
  ports_.push_back(sshd_.port());
  if (testing::SystemUser::can_create()) {
    account_.emplace("bench-throwaway-password");
  }
  remote_folder_ = local_.make_folder("remote", 0777);
  ::chmod(remote_folder_.c_str(), 0777); // whatever the umask took
}

Endpoint Fixture::endpoint() const {
  return {sshd_.port(), account_ ? account_->name() : sshd_.user(), sshd_.client_key()};
}

std::string Fixture::known_hosts_for(std::uint16_t port) const {
  const std::string line = testing::read_whole_file(sshd_.known_hosts());
  const std::string alias = "[127.0.0.1]:*" + line.substr(line.find(' '));
  return local_.write("known_hosts_" + std::to_string(port), line + alias, 0600);
}

std::string Fixture::make_text_file(const std::string &name, std::size_t size) const {
  const std::string path = remote_path(name);
  std::string line(99, 'x');
  line += '\n';
  std::string block;
  while (block.size() < 1'000'000) {
    block += line;
  }
  std::ofstream file(path, std::ios::binary);
  for (std::size_t written = 0; written < size; written += block.size()) {
    file.write(block.data(), static_cast<std::streamsize>(std::min(block.size(), size - written)));
  }
  file.close();
  ::chmod(path.c_str(), 0644);
  return path;
}

} // namespace mre::bench
