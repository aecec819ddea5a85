// See node.hpp.
#include "node.hpp"

#include <utility>

namespace proxmox {

namespace {

// Listings of a cluster of thousands of guests are a few hundred bytes each.
constexpr std::size_t kOutputBytes = std::size_t{16} << 20U;
// The longest a program may take that does one thing: starting a guest waits for its storage.
constexpr std::chrono::minutes kPatience{5};
constexpr std::size_t kDescribedWords = 4;

Login login_of(const mre::HostInfo &info) {
  return info.user == "root" ? Login::root : Login::other;
}

} // namespace

std::string describe(const NodeCommand &command) {
  std::string text = command.program;
  for (std::size_t i = 0; i < command.words.size() && i < kDescribedWords; ++i) {
    if (command.words[i].substr(0, 1) == "-") {
      break;
    }
    text += " " + command.words[i];
  }
  return text;
}

void check_outcome(const mre::Executed &done, const Attempt &attempt) {
  switch (done.outcome) {
  case MRE_OUTCOME_EXITED:
    return;
  case MRE_OUTCOME_SIGNALLED:
    throw mre::Error(MRE_REMOTE_FAILED,
                     attempt.what + " on " + attempt.host + " was ended by signal " + done.signal);
  case MRE_OUTCOME_TIMED_OUT:
    throw mre::Error(MRE_TIMED_OUT,
                     attempt.what + " on " + attempt.host + " did not end in time" +
                         (done.err.empty() ? "" : ": " + own_words(done.err, done.out)),
                     "see with proxmox_task what still runs there");
  case MRE_OUTCOME_CANCELLED:
    throw mre::Error(MRE_CANCELLED, attempt.what + " on " + attempt.host + " was cancelled");
  default:
    throw mre::Error(MRE_LOST, "the connection to " + attempt.host + " died during " + attempt.what,
                     "see what was done before trying again; the next call reconnects");
  }
}

Node::Node(mre::Host host, const mre::Call &call, const std::string &name)
    : host_(host), call_(call) {
  const mre::HostInfo info = mre::Hosts(host).resolve(name);
  name_ = info.name;
  login_ = login_of(info);
}

Node::Node(mre::Host host, const mre::Call &call, std::string name, Login login)
    : host_(host), call_(call), name_(std::move(name)), login_(login) {}

Node Node::detached() const {
  return {host_, mre::Call(host_.service<mre_call_api>(MRE_CALL), nullptr), name_, login_};
}

mre::Command Node::command_for(std::string line, std::chrono::milliseconds timeout) const {
  mre::Command command;
  command.host = name_;
  command.command = std::move(line);
  command.timeout = timeout.count() > 0 ? timeout : kPatience;
  command.is_long = true;
  return command;
}

mre::Executed Node::execute(const mre::Command &command) const {
  return mre::Ssh(host_).run(call_, command, kOutputBytes);
}

std::vector<std::string> Node::run(const std::vector<NodeCommand> &commands,
                                   const RunOptions &options) const {
  mre::Command command = command_for(node_line(commands, login_), options.timeout);
  command.input = options.input;
  command.only_reads = options.only_reads;
  const mre::Executed done = execute(command);
  std::vector<std::string> outputs = split_outputs(done.out);
  // The one that failed is the last that printed.
  const std::size_t last = std::min(outputs.size(), commands.size()) - 1;
  const Attempt attempt{describe(commands[last]), name_};
  check_outcome(done, attempt);
  if (done.exit_code != 0) {
    const mre::Error error = refusal(attempt, done.err, outputs.back());
    if (is_missing_guest(done.err)) {
      throw MissingGuest(error, node_in(done.err));
    }
    throw error;
  }
  if (!done.is_complete) {
    throw mre::Error(MRE_TOO_LARGE, attempt.what + " on " + name_ + " printed more than " +
                                        std::to_string(kOutputBytes) + " bytes");
  }
  outputs.resize(commands.size());
  return outputs;
}

std::string Node::run_one(const NodeCommand &command, const RunOptions &options) const {
  return run({command}, options).front();
}

} // namespace proxmox
