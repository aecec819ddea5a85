#include "plugins/proxmox/node_line.hpp"
#include "tests/support/catch.hpp"

namespace proxmox {
namespace {

bool holds(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("root runs the program, another login goes through sudo with its full path") {
  const std::string root = node_line({{"pct", {"list"}}}, Login::root);
  CHECK(holds(root, "p=$(command -v pct)"));
  CHECK(holds(root, "exec \"$p\" list"));
  CHECK_FALSE(holds(root, "sudo"));
  CHECK(holds(node_line({{"pct", {"list"}}}, Login::other), "exec sudo -n \"$p\" list"));
}

TEST_CASE("the node speaks the language whose texts are known") {
  CHECK(node_line({{"pct", {"list"}}}, Login::root).find("export LC_ALL=C.UTF-8; ") <
        node_line({{"pct", {"list"}}}, Login::root).find("command -v"));
}

TEST_CASE("every word is quoted") {
  CHECK(holds(node_line({{"pct", {"exec", "101", "--", "it's; rm -rf /"}}}, Login::root),
              "exec 101 -- 'it'\\''s; rm -rf /'"));
}

TEST_CASE("several commands run in one line, each only after the one before") {
  const std::string line = node_line({{"pct", {"list"}}, {"pvesh", {"get", "/x"}}}, Login::root);
  CHECK(holds(line, "\"$p\" list || exit; echo mre-proxmox:next; "));
  CHECK(holds(line, "exec \"$p\" get /x"));
}

TEST_CASE("outputs are split at the mark, and only where it is a line of its own") {
  CHECK(split_outputs("a\nmre-proxmox:next\nb\n") == std::vector<std::string>{"a\n", "b\n"});
  CHECK(split_outputs("a mre-proxmox:next\nb") ==
        std::vector<std::string>{"a mre-proxmox:next\nb"});
  CHECK(split_outputs("") == std::vector<std::string>{""});
  CHECK(split_outputs("mre-proxmox:next\n") == std::vector<std::string>{"", ""});
}

} // namespace
} // namespace proxmox
