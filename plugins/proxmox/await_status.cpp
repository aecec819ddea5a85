// See await_status.hpp.
#include "await_status.hpp"

#include "parse.hpp"

namespace proxmox {

namespace {

// $1 the state, $2 how many looks; then the command that prints it.
constexpr std::string_view kLooking =
    "w=$1 n=$2; shift 2; i=0\nwhile :; do s=$(\"$@\") || exit\n"
    "case $s in *\"status: $w\"*) break ;; esac\n"
    "[ $i -ge $n ] && break\ni=$((i+1)); sleep 1\ndone\nprintf '%s\\n' \"$s\"";
constexpr std::chrono::minutes kLookMargin{1}; // a look takes a second or two on a busy node

} // namespace

bool is_left_to_manager(std::string_view out) {
  return out.find("Requesting HA ") != std::string_view::npos;
}

std::string await_status(const Node &node, const NodeCommand &status, const std::string &target,
                         std::chrono::seconds patience) {
  const std::vector<std::string> words{target, std::to_string(patience.count())};
  const mre::Executed done = node.execute(node.command_for(
      script_line(kLooking, words, status, node.login()), 3 * patience + kLookMargin));
  const Attempt attempt{describe(status), node.name()};
  check_outcome(done, attempt);
  if (done.exit_code != 0) {
    throw refusal(attempt, done.err, done.out);
  }
  return parse_status(done.out);
}

} // namespace proxmox
