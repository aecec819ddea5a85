// See sweep.hpp.
#include "core/ssh/sweep.hpp"

#include "core/ssh/command_line.hpp"

#include <mre/shell_quote.hpp>

namespace mre::ssh {

namespace {
constexpr std::string_view kAnswer = "mre-sweep:";
}

bool takes_marker(std::string_view server_banner) {
  const auto has = [&](std::string_view word) {
    return server_banner.find(word) != std::string_view::npos;
  };
  // FreeBSD's root has a C shell by tradition, and no /proc to look into.
  return (has("OpenSSH_") && !has("Windows") && !has("FreeBSD")) || has("dropbear");
}

// Processes are found by their environment, and by their command line: the login shell that runs
// the command was started before it exports the marker, which stands in its argument. And by the
// limit that says the same, where the environment was emptied; that of a process which has ended
// and only waits for its parent is still to be seen, unlike the other two, so its state is looked
// at. The sweep's own command line must not hold name and marker together, nor the limit between
// blanks, so they meet in a variable and reach grep by a pipe.
//
// One grep over everything a round (a process each would cost a fork each), a round every 50 ms.
// TERM in the first, KILL when the grace is over, and twenty rounds more: a tree that is just
// forking is caught by the next one, a process that cannot be killed shows.
std::string sweep_command(const std::vector<std::string> &markers, Milliseconds grace) {
  constexpr int kRoundMilliseconds = 50;
  constexpr int kRoundsAfterGrace = 20;
  const auto grace_rounds = std::to_string(grace.count() / kRoundMilliseconds);
  const auto all_rounds = std::to_string(grace.count() / kRoundMilliseconds + kRoundsAfterGrace);
  const std::string answer = "echo " + std::string(kAnswer);
  std::string patterns;
  std::string reports;
  for (const auto &marker : markers) {
    const std::string patterns_of_one = " \"$k=\"" + shell_quote(marker) + " \"$b\"" +
                                        std::to_string(marker_limit(marker) * 1024) + "\"$b\"";
    patterns += patterns_of_one;
    reports +=
        "[ -n \"$(holders" + patterns_of_one + ")\" ] && " + answer + "alive " + marker + "\n";
  }
  const std::string script = "[ -r /proc/self/environ ] || { " + answer +
                             "unsupported; exit; }\n"
                             "k=" +
                             std::string(kMarkerName) +
                             "\n"
                             "b=' '\n"
                             "holders() {\n"
                             "  for h in $(printf '%s\\n' \"$@\" | grep -lsF -f - "
                             "/proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/limits "
                             "2>/dev/null); do\n"
                             "    case $h in (*/limits)\n"
                             "      s=; { IFS= read -r s <\"${h%limits}stat\"; } 2>/dev/null\n"
                             "      case $s in (''|*') Z '*|*') X '*) continue;; esac;;\n"
                             "    esac\n"
                             "    echo \"$h\"\n"
                             "  done\n"
                             "}\n"
                             "n=0\n"
                             "while :; do\n"
                             "  found=$(holders" +
                             patterns +
                             ")\n"
                             "  [ -z \"$found\" ] && break\n"
                             "  [ $n -ge " +
                             all_rounds +
                             " ] && break\n"
                             "  signal=\n"
                             "  [ $n -eq 0 ] && signal=TERM\n"
                             "  [ $n -ge " +
                             grace_rounds +
                             " ] && signal=KILL\n"
                             "  [ -n \"$signal\" ] && for p in $found; do\n"
                             "    p=${p#/proc/}; kill -$signal \"${p%/*}\" 2>/dev/null\n"
                             "  done\n"
                             "  n=$((n+1))\n"
                             "  sleep 0.05 2>/dev/null || { sleep 1; n=$((n+19)); }\n"
                             "done\n"
                             "[ -z \"$found\" ] || {\n:\n" +
                             reports +
                             "}\n"
                             "command -v grep >/dev/null && " +
                             answer + "done\n";
  return "exec sh -c " + shell_quote(script);
}

std::optional<RemoteProcess> read_sweep(std::string_view output, std::string_view marker) {
  const auto says = [&](const std::string &what) {
    return output.find(std::string(kAnswer) + what + "\n") != std::string_view::npos;
  };
  if (says("unsupported")) {
    return std::nullopt;
  }
  if (!says("done")) {
    return RemoteProcess::unknown;
  }
  return says("alive " + std::string(marker)) ? RemoteProcess::still_running : RemoteProcess::gone;
}

} // namespace mre::ssh
