#include "core/config/dotenv.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre::config;

namespace {
std::string value(const std::string &line) {
  const Dotenv parsed = parse_dotenv(line);
  REQUIRE(parsed.complaints.empty());
  REQUIRE(parsed.variables.count("KEY") == 1);
  return parsed.variables.at("KEY");
}
std::string complaint(const std::string &text) {
  const Dotenv parsed = parse_dotenv(text);
  REQUIRE(parsed.complaints.size() == 1);
  return parsed.complaints[0];
}
} // namespace

TEST_CASE("each way to write a value is read as documented") {
  const std::pair<std::string, std::string> table[] = {
      {"KEY=plain", "plain"},
      {"  KEY = spaced out  ", "spaced out"},
      {"export KEY=x", "x"},
      {"export\tKEY=x", "x"},
      {"KEY=", ""},
      {"KEY=''", ""},
      {"KEY='a \\n \"b\" # c'", "a \\n \"b\" # c"},
      {"KEY=\"a\\nb\\\"c\\\\d\"", "a\nb\"c\\d"},
      {"KEY=\"${HOME}\"", "${HOME}"},
      {"KEY=a#b", "a#b"},
      {"KEY=a # b", "a"},
      {"KEY=# nothing", ""},
      {"KEY='a' # b", "a"},
      {"KEY=a=b=c", "a=b=c"},
      {"KEY=it's", "it's"},
      {"\xEF\xBB\xBFKEY=mark", "mark"},
      {"KEY=carriage\r\n", "carriage"},
  };
  for (const auto &[line, expected] : table) {
    INFO(line);
    CHECK(value(line) == expected);
  }
}

TEST_CASE("complaints carry the line number and never the text of the line") {
  const std::string texts[] = {
      "A=1\n\n# c\nhunter2-secret",  "A=1\n\n\n2BAD=hunter2",
      "A=1\n\n\nKEY='hunter2",       "A=1\n\n\nKEY=\"hunter2",
      "A=1\n\n\nKEY=\"hunter2\\x\"", "A=1\n\n\nKEY='hunter2'x",
      "A=1\n\n\nKEY=\"hunter2\"#x",  "A=1\n\n\nKEY=\"hunter2\\",
      "A=1\n\n\nhun ter2=x",         std::string("A=1\n\n\nKEY=hunter2\0", 19)};
  for (const std::string &text : texts) {
    INFO(text);
    const std::string said = complaint(text);
    CHECK(said.rfind("line 4: ", 0) == 0);
    CHECK(said.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("the last of two lines with one key wins, with a warning") {
  const Dotenv parsed = parse_dotenv("A=1\nA=2\n");
  CHECK(parsed.variables.at("A") == "2");
  REQUIRE(parsed.warnings.size() == 1);
  CHECK(parsed.warnings[0] == "line 2: sets A again; the last one counts");
}

TEST_CASE("every cut of a valid file is answered") {
  const std::string text = "export A='x'\nB=\"y\\n\" # c\r\n#\nC=z\n";
  for (std::size_t end = 0; end <= text.size(); ++end) {
    const Dotenv parsed = parse_dotenv(text.substr(0, end));
    CHECK(parsed.variables.size() + parsed.complaints.size() <= 4);
  }
}
