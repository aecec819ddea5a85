// SIGHUP and plugins: switched on and off while the server runs, as one step that clients hear of
// once.
#include "core/app/house.hpp"
#include "core/base/file.hpp"
#include "core/tools/explain.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>

using namespace mre;
using app::House;

namespace {

struct Server {
  explicit Server(const std::string &plugins) {
    settings(plugins);
    auto built = House::build({.env_file = folder.path() + "/settings",
                               .environment = {{"HOME", folder.path()}, {"I_ACCEPT_RISKS", "true"}},
                               .working_directory = folder.path(),
                               .executable_directory = folder.path()},
                              House::RefusedPlugins::stop_the_start);
    if (const auto *complaints = std::get_if<House::Complaints>(&built)) {
      for (const auto &complaint : *complaints) {
        UNSCOPED_INFO(complaint);
      }
      REQUIRE(complaints->empty());
    }
    house = std::move(std::get<std::unique_ptr<House>>(built));
    listening = house->registry().listen(
        [this](const tools::Registry::Change &change) { changes += change.tools ? 1 : 0; });
  }
  // names: of fixtures, separated by spaces.
  void settings(const std::string &names) const {
    std::string list;
    std::istringstream words(names);
    for (std::string name; words >> name;) {
      list += (list.empty() ? "" : ":") + std::string(MRE_FIXTURE_PLUGINS) + "/" + name + ".so";
    }
    const std::string path = folder.path() + "/settings";
    std::ofstream(path) << "HOST=192.0.2.1\nSSH_PASSWORD=correct-horse\nENABLE_SFTP=false\n"
                           "MRE_STATE_DIR=" +
                               folder.path() + "/state\nMRE_PLUGINS=" + list + "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
  }
  void reload(const std::string &names) {
    settings(names);
    house->reload();
  }
  bool has(const std::string &tool) const {
    return house->registry().current()->find(tool) != nullptr;
  }
  bool audited(const std::string &part) const {
    const auto text = read_file(folder.path() + "/state/audit.jsonl", std::size_t{1} << 20U);
    return text && text->find(part) != std::string::npos;
  }

  testing::TemporaryFolder folder;
  std::unique_ptr<House> house;
  std::shared_ptr<void> listening;
  int changes = 0;
};

} // namespace

TEST_CASE("a reload switches plugins on and off, and each change is told once") {
  Server server("tiny_c");
  CHECK(server.has("c_echo"));
  server.reload("tiny_c calls_tools");
  CHECK(server.changes == 1);
  CHECK(server.has("call_tool"));
  server.reload("tiny_c calls_tools");
  CHECK(server.changes == 1);
  server.reload("calls_tools");
  CHECK(server.changes == 2);
  CHECK_FALSE(server.has("c_echo"));
  const auto *gone = server.house->registry().current()->find_hidden("c_echo");
  REQUIRE(gone != nullptr);
  CHECK(tools::explain_hidden(*gone).find("is off; its file in MRE_PLUGINS switches it on") !=
        std::string::npos);
  CHECK(server.has("call_tool"));
  server.reload("calls_tools tiny_c");
  CHECK(server.has("c_echo"));
}

TEST_CASE("a plugin that cannot start on a reload is refused and costs the others nothing") {
  Server server("tiny_c");
  server.reload("tiny_c missing_service");
  CHECK(server.has("c_echo"));
  CHECK_FALSE(server.has("needy_tool"));
  CHECK(server.changes == 0);
}

TEST_CASE("what a plugin hides is in the audit, and so is what its end shows again") {
  Server server("hides_exec");
  CHECK_FALSE(server.has("ssh_exec_command"));
  CHECK(server.has("careful_exec"));
  CHECK(server.audited(
      R"("what":"surface","details":{"hidden":[{"by":"test.hides-exec","tool":"ssh_exec_command"}]})"));
  const auto story =
      tools::explain_tool(server.house->registry().current()->resolution(), "ssh_exec_command");
  REQUIRE(story);
  CHECK(story->find("commands are run with care here") != std::string::npos);
  CHECK(story->find("use careful_exec") != std::string::npos);
  CHECK_FALSE(server.audited("surface_widened"));
  server.reload("");
  CHECK(server.has("ssh_exec_command"));
  CHECK(server.changes == 1);
  CHECK(server.audited(R"("what":"surface_widened","details":{"tools":["ssh_exec_command"]})"));
}
