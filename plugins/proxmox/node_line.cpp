// See node_line.hpp.
#include "node_line.hpp"

#include <mre/shell_quote.hpp>

namespace proxmox {

namespace {

// The programs live in sbin folders, which the PATH of a non-interactive login may lack. What they,
// sudo and Perl say is read, so it has to come in the one language that is known here.
constexpr std::string_view kSurroundings =
    "PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL=C.UTF-8; ";

std::string find_program(const std::string &program) {
  const std::string missing = std::string(kMissingMark) + program;
  return "p=$(command -v " + mre::shell_quote(program) + ") || { echo " +
         mre::shell_quote(missing) + " >&2; exit 127; }; ";
}

std::string call(const NodeCommand &command, Login login) {
  std::string text = login == Login::root ? "\"$p\"" : "sudo -n \"$p\"";
  if (!command.words.empty()) {
    text += ' ' + mre::shell_join(command.words);
  }
  return text;
}

} // namespace

std::string node_line(const std::vector<NodeCommand> &commands, Login login) {
  std::string line(kSurroundings);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    line += find_program(commands[i].program);
    if (i + 1 == commands.size()) {
      line += "exec " + call(commands[i], login);
    } else {
      line += call(commands[i], login) + " || exit; echo " + mre::shell_quote(kNextMark) + "; ";
    }
  }
  return line;
}

std::string script_line(std::string_view script, const std::vector<std::string> &words,
                        const NodeCommand &command, Login login) {
  std::string line = std::string(kSurroundings) + find_program(command.program) + "exec sh -c " +
                     mre::shell_quote(script) + " sh";
  if (!words.empty()) {
    line += ' ' + mre::shell_join(words);
  }
  return line + ' ' + call(command, login);
}

std::vector<std::string> split_outputs(std::string_view out) {
  std::vector<std::string> parts(1);
  const std::string mark = std::string(kNextMark) + "\n";
  while (!out.empty()) {
    if (out.substr(0, mark.size()) == mark) {
      parts.emplace_back();
      out.remove_prefix(mark.size());
      continue;
    }
    const std::size_t line_end = out.find('\n');
    const std::size_t length = line_end == std::string_view::npos ? out.size() : line_end + 1;
    parts.back().append(out.substr(0, length));
    out.remove_prefix(length);
  }
  return parts;
}

} // namespace proxmox
