// The lines of an ssh_config file: keyword and arguments, as OpenSSH cuts them (ssh_config(5)).
//
// Promise: any bytes are safe input; a line that ssh would refuse is a complaint with its number,
// and the rest is read all the same. What a keyword means is not known here.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

struct SshConfigLine {
  std::size_t number = 0; // from 1
  std::string keyword;    // lower case
  std::vector<std::string> arguments;
  std::string rest; // everything after the keyword, as it stands: for commands and Match
};

struct SshConfigLines {
  std::vector<SshConfigLine> lines;
  std::vector<std::string> complaints; // "line 3: …"
};

SshConfigLines parse_ssh_config(std::string_view text);

// The words of a Match line, which are cut at `=` as well and have quotes but no escapes. Ends
// before a comment.
std::vector<std::string> match_words(std::string_view rest);

} // namespace mre::config
