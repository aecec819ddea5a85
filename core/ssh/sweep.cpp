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

// One grep over all environments a round (a process each would cost a fork each). Up to 20 rounds
// of 50 ms: a tree that is just forking is caught by the next round, one that cannot be killed
// shows.
std::string sweep_command(std::string_view marker) {
  const std::string script =
      "[ -r /proc/self/environ ] || { echo " + std::string(kAnswer) +
      "unsupported; exit; }\n"
      "n=0\n"
      "while :; do\n"
      "  found=$(grep -lsF " +
      shell_quote(std::string(kMarkerName) + "=" + std::string(marker)) +
      " /proc/[0-9]*/environ 2>/dev/null)\n"
      "  [ -z \"$found\" ] && { echo " +
      std::string(kAnswer) +
      "gone; exit; }\n"
      "  n=$((n+1)); [ $n -gt 20 ] && { echo " +
      std::string(kAnswer) +
      "alive; exit; }\n"
      "  for p in $found; do p=${p#/proc/}; kill -KILL \"${p%/environ}\" 2>/dev/null; done\n"
      "  sleep 0.05 2>/dev/null || sleep 1\n"
      "done\n";
  return "exec sh -c " + shell_quote(script);
}

std::optional<RemoteProcess> read_sweep(std::string_view output) {
  const auto at = output.rfind(kAnswer);
  if (at == std::string_view::npos) {
    return RemoteProcess::unknown;
  }
  const auto word = output.substr(at + kAnswer.size());
  if (word.starts_with("gone")) {
    return RemoteProcess::gone;
  }
  if (word.starts_with("unsupported")) {
    return std::nullopt;
  }
  return word.starts_with("alive") ? RemoteProcess::still_running : RemoteProcess::unknown;
}

} // namespace mre::ssh
