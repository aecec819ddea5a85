// See container.hpp.
#include "container.hpp"

#include "guest_scripts.hpp"

#include <array>
#include <random>

namespace proxmox {

namespace {

// Two grace periods of the sweep (2 s), and pct's own start on a busy node.
constexpr std::chrono::seconds kSweepPatience{30};

} // namespace

std::string random_name() {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr int kDigits = 32;
  std::random_device random;
  std::string name;
  for (int i = 0; i < kDigits; ++i) {
    name += digits[random() % digits.size()];
  }
  return name;
}

std::vector<std::string> script_words(std::string_view script,
                                      const std::vector<std::string> &words,
                                      const Variables &environment, const std::string &marker) {
  std::vector<std::string> all{
      "env",           "-i",
      "container=lxc", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/root",    "USER=root",
      "LOGNAME=root",  "LANG=C.UTF-8"};
  for (const auto &[name, value] : environment) {
    all.push_back(name + "=" + value);
  }
  all.push_back("MRE_GUEST_CALL=" + marker);
  all.insert(all.end(), {"sh", "-c", std::string(script), "sh"});
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::string Container::line(const std::vector<std::string> &words) const {
  NodeCommand command{"pct", {"exec", std::to_string(ctid_)}};
  if (cluster_.keep_env(node_.name()) != Cluster::KeepEnv::missing) {
    // Behind the id: before it, the option would take the id as its value.
    command.words.insert(command.words.end(), {"--keep-env", "0"});
  }
  command.words.emplace_back("--");
  command.words.insert(command.words.end(), words.begin(), words.end());
  return node_line({command}, node_.login());
}

bool Container::learn(std::string_view err) const {
  if (!is_old_release(err) || cluster_.keep_env(node_.name()) == Cluster::KeepEnv::missing) {
    return false;
  }
  cluster_.learn_keep_env(node_.name(), Cluster::KeepEnv::missing);
  return true;
}

void Container::prepare() const {
  if (cluster_.keep_env(node_.name()) == Cluster::KeepEnv::unknown) {
    require_running();
  }
}

void Container::require_running() const {
  mre::Executed done = node_.execute(node_.command_for(line({"true"}), {}));
  if (learn(done.err)) {
    done = node_.execute(node_.command_for(line({"true"}), {}));
  }
  check_refusal(done);
  if (done.succeeded() && cluster_.keep_env(node_.name()) == Cluster::KeepEnv::unknown) {
    cluster_.learn_keep_env(node_.name(), Cluster::KeepEnv::known);
  }
}

void Container::check_refusal(const mre::Executed &done) const {
  if (done.outcome == MRE_OUTCOME_EXITED && done.exit_code != 0 && done.out_bytes == 0 &&
      is_exec_refusal(done.err, ctid_)) {
    refuse(done.err);
  }
}

void Container::refuse(std::string_view err) const {
  const mre::Error error = refusal({"pct exec " + std::to_string(ctid_), node_.name()}, err);
  if (is_missing_guest(err)) {
    throw MissingGuest(error, node_in(err));
  }
  throw error;
}

Swept Container::sweep(const std::string &marker, const std::string &path,
                       const std::string &temporary) const {
  std::vector<std::string> words{marker};
  if (!temporary.empty()) {
    words.insert(words.end(), {path, temporary});
  }
  // Without the marker in its own environment.
  const Node node = node_.detached();
  const mre::Executed done = node.execute(
      node.command_for(line(script_words(kSweepScript, words, {}, "")), kSweepPatience));
  if (done.exit_code != 0 && done.out.empty() && is_exec_refusal(done.err, ctid_) &&
      done.err.find("not running") != std::string::npos) {
    return Swept::gone; // it took its processes with it
  }
  return parse_sweep(done.out);
}

} // namespace proxmox
