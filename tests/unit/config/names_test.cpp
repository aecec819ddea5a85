#include "core/config/names.hpp"
#include "tests/support/catch.hpp"

using namespace mre::config;

TEST_CASE("a misspelt variable finds the one that was meant, a foreign one finds none") {
  CHECK(nearest_variable("SSH_PASWORD") == "SSH_PASSWORD");
  CHECK(nearest_variable("MRE_TOOL_DENY") == "MRE_TOOLS_DENY");
  CHECK(nearest_variable("ENABLE_PROXMXO") == "ENABLE_PROXMOX");
  CHECK(nearest_variable("LD_LIBRARY_PATH").empty());
  CHECK(nearest_variable(std::string(100000, 'A')).empty());
}

TEST_CASE("every known variable is its own nearest and has a name") {
  for (const std::string &name : known_variables()) {
    CHECK_FALSE(name.empty());
    CHECK(is_known_variable(name));
    CHECK(nearest_variable(name) == name);
  }
}

TEST_CASE("a placeholder is recognised by its name") {
  CHECK(placeholder_in("${TOKEN}") == "TOKEN");
  CHECK(placeholder_in("a${B:-c}d") == "B");
  CHECK(placeholder_in("${").empty());
  CHECK(placeholder_in("${}").empty());
  CHECK(placeholder_in("$NAME").empty());
  CHECK(placeholder_in("${not a name}").empty());
  CHECK(placeholder_in("${${X}") == "X");
}

TEST_CASE("values are shown quoted, escaped and cut at a character") {
  CHECK(shown("a\nb") == "\"a\\nb\"");
  CHECK(shown("\xFF") == "\"\xEF\xBF\xBD\"");
  CHECK(shown(std::string(200, 'x')) == "\"" + std::string(80, 'x') + "\"\xE2\x80\xA6");
}

TEST_CASE("a plugin's part of a variable is its stem in upper case") {
  CHECK(variable_part("my-plugin2") == "MY_PLUGIN2");
}
