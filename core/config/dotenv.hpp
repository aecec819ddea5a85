// The settings file: KEY=VALUE lines.
//
// Promise: `export` may precede a key; `#` begins a comment at the start of a line or after white
// space; single quotes are literal; double quotes know \n \" \\ and refuse every other escape;
// nothing is interpolated; a value ends with its line. Any bytes are answered, never thrown at;
// complaints carry the line number and never the text, which may be a secret.
// Threads: pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mre::config {

struct Dotenv {
  std::map<std::string, std::string> variables; // the last of two lines with one key wins
  std::vector<std::string> complaints;          // "line 3: …"
  std::vector<std::string> warnings;
};

Dotenv parse_dotenv(std::string_view text);

} // namespace mre::config
