#include "bench/fixture.hpp"

#include <sys/stat.h>

#include <fstream>
#include <utility>

namespace mre::bench {
namespace {

testing::SshdOptions sshd_options(Fixture::Limits limits) {
  testing::SshdOptions options;
  if (limits == Fixture::Limits::wide) {
    options.max_sessions = 200;
    options.extra_config = {"MaxStartups 100:30:200"};
  }
  return options;
}

} // namespace

Fixture::Fixture(Limits limits) : sshd_(sshd_options(limits)), local_(0711) {
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
  const std::string alias = "[127.0.0.1]:" + std::to_string(port) + line.substr(line.find(' '));
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
