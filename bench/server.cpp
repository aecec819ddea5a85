#include "bench/server.hpp"

#include "bench/statistics.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

namespace mre::bench {
namespace {

constexpr testing::Patience kPatience = std::chrono::seconds(120);

double status_mebibytes(pid_t pid, const std::string &field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word) {
    if (word == field + ":") {
      double kibibytes = 0;
      status >> kibibytes;
      return kibibytes / 1024;
    }
  }
  throw std::runtime_error("no " + field + " of the server");
}

} // namespace

double processor_seconds_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  // After the name, which may hold spaces: the state, ten more fields, then user and system time.
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string word;
  for (int i = 0; i < 11; ++i) {
    fields >> word;
  }
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

testing::Environment server_environment(const Fixture &fixture, std::uint16_t port) {
  const Endpoint endpoint = fixture.endpoint();
  return {{"I_ACCEPT_RISKS", "true"},
          {"SSH_HOST", "127.0.0.1"},
          {"SSH_PORT", std::to_string(port)},
          {"SSH_USERNAME", endpoint.user},
          {"SSH_KEY", endpoint.key_file},
          {"SSH_KNOWN_HOSTS", fixture.known_hosts_for(port)},
          {"MAX_FILE_SIZE", "0"},
          {"MRE_LOG", "warn"}};
}

std::string complaint_about(const Json &result) {
  if (result.value("isError", false)) {
    return testing::text_of(result);
  }
  const Json content = testing::structured(result);
  if (content.contains("outcome") &&
      (content["outcome"] != "exited" || content["exit_code"] != 0)) {
    return dump_json(content);
  }
  return {};
}

Server::Server(const testing::Environment &environment) : process_({.environment = environment}) {
  process_.initialize();
}

Json Server::call(const std::string &tool, Json arguments) {
  const Json result = process_.call_tool(tool, std::move(arguments), kPatience);
  if (const std::string complaint = complaint_about(result); !complaint.empty()) {
    throw std::runtime_error(tool + ": " + complaint);
  }
  return testing::structured(result);
}

Json Server::exec(const std::string &command) {
  return call("ssh_exec_command", {{"command", command}});
}

Server::Burst Server::burst(const std::vector<std::pair<std::string, Json>> &calls,
                            std::size_t in_flight) {
  Burst burst;
  const Time begin = now();
  std::set<int> running;
  const auto collect_one = [&] {
    std::optional<int> id;
    do { // answers to earlier requests may still stand in line
      id = process_.next_answered(kPatience);
      if (!id) {
        throw std::runtime_error("calls in flight were not answered");
      }
    } while (running.erase(*id) == 0);
    const Json answer = process_.response(*id);
    const std::string complaint =
        answer.contains("result") ? complaint_about(answer["result"]) : dump_json(answer);
    if (!complaint.empty()) {
      ++burst.failed;
      burst.first_error = burst.first_error.empty() ? complaint : burst.first_error;
    }
  };
  for (const auto &[tool, arguments] : calls) {
    if (running.size() == in_flight) {
      collect_one();
    }
    running.insert(process_.start_tool(tool, arguments));
  }
  while (!running.empty()) {
    collect_one();
  }
  burst.seconds = seconds_since(begin);
  return burst;
}

double Server::resident_mebibytes() const {
  return status_mebibytes(process_.pid(), "VmRSS");
}

double Server::peak_mebibytes() const {
  return status_mebibytes(process_.pid(), "VmHWM");
}

void Server::reset_peak() const {
  std::ofstream("/proc/" + std::to_string(process_.pid()) + "/clear_refs") << "5";
}

double Server::processor_seconds() const {
  return processor_seconds_of(process_.pid());
}

} // namespace mre::bench
