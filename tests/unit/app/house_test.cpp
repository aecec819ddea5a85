// The whole server as one object: built or refused as a whole, and changed as a whole.
#include "core/app/house.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fstream>

using namespace mre;
using namespace mre::testing;
using app::House;

namespace {

class Surroundings {
public:
  config::LoadRequest request() const {
    return {.env_file = folder / "settings",
            .environment = {{"HOME", folder.path()}, {"I_ACCEPT_RISKS", "true"}},
            .working_directory = folder.path(),
            .executable_directory = folder.path()};
  }
  void write(const std::string &name, const std::string &text) const {
    std::ofstream(folder / name) << text;
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_read |
                                                    std::filesystem::perms::owner_write);
  }
  void settings(const std::string &more) const {
    write("settings", "HOST=192.0.2.1\nSSH_USERNAME=deploy\nSSH_PASSWORD=correct-horse\n"
                      "ENABLE_SFTP=false\nMRE_AUDIT=off\n" +
                          more);
  }

  const TemporaryFolder folder;
};

std::unique_ptr<House> built(const Surroundings &around) {
  auto house = House::build(around.request(), House::RefusedPlugins::stop_the_start);
  if (const auto *complaints = std::get_if<House::Complaints>(&house)) {
    for (const auto &complaint : *complaints) {
      UNSCOPED_INFO(complaint);
    }
    REQUIRE(complaints->empty());
  }
  return std::move(std::get<std::unique_ptr<House>>(house));
}

bool has_tool(House &house, const std::string &name) {
  return house.registry().current()->find(name) != nullptr;
}

} // namespace

TEST_CASE("a house without plugins offers the three core tools") {
  const Surroundings around;
  around.settings("");
  const auto house = built(around);
  CHECK(house->registry().current()->tools().size() == 3);
  CHECK(has_tool(*house, "ssh_exec_command"));
  CHECK(has_tool(*house, "ssh_read_output"));
  CHECK(has_tool(*house, "ssh_list_hosts"));
}

TEST_CASE("everything that is wrong is said at once") {
  const Surroundings around;
  around.settings("SSH_PORT=70000\nTIMEOUT=soon\nMRE_LOG=loud\n");
  const auto house = House::build(around.request(), House::RefusedPlugins::stop_the_start);
  const auto *complaints = std::get_if<House::Complaints>(&house);
  REQUIRE(complaints != nullptr);
  for (const std::string name : {"SSH_PORT", "TIMEOUT", "MRE_LOG"}) {
    CHECK(std::count_if(complaints->begin(), complaints->end(), [&](const auto &complaint) {
            return complaint.find(name) != std::string::npos;
          }) == 1);
  }
}

TEST_CASE("a plugin that was asked for and is not there stops the start, or is left out when that "
          "is allowed") {
  const Surroundings around;
  around.settings("MRE_PLUGINS=/nonexistent/never.so\n");
  const auto refused = House::build(around.request(), House::RefusedPlugins::stop_the_start);
  const auto *complaints = std::get_if<House::Complaints>(&refused);
  REQUIRE(complaints != nullptr);
  REQUIRE(complaints->size() == 1);
  CHECK(complaints->front().find("/nonexistent/never.so") != std::string::npos);
  CHECK(complaints->front().find("MRE_PLUGINS_OPTIONAL") != std::string::npos);
  around.settings("MRE_PLUGINS=/nonexistent/never.so\nMRE_PLUGINS_OPTIONAL=true\n");
  CHECK(has_tool(*built(around), "ssh_exec_command"));
}

TEST_CASE("a reload takes the new settings over as a whole") {
  const Surroundings around;
  around.settings("");
  const auto house = built(around);
  int changes = 0;
  const auto listening =
      house->registry().listen([&](const tools::Registry::Change &) { ++changes; });
  around.settings("MRE_TOOLS_DENY=ssh_read_output\n");
  house->reload();
  CHECK(changes == 1);
  CHECK_FALSE(has_tool(*house, "ssh_read_output"));
  CHECK(has_tool(*house, "ssh_exec_command"));
}

TEST_CASE("a reload that is broken anywhere changes nothing") {
  const Surroundings around;
  around.settings("");
  const auto house = built(around);
  const auto before = house->settings();
  around.settings("MRE_TOOLS_DENY=ssh_read_output\nTIMEOUT=soon\n");
  house->reload();
  CHECK(house->settings() == before);
  CHECK(has_tool(*house, "ssh_read_output"));
}

TEST_CASE("a configured secret never reaches the log") {
  const Surroundings around;
  around.settings("");
  const auto house = built(around);
  CHECK(house->redactor().redact("the word is correct-horse.").find("correct-horse") ==
        std::string::npos);
}
