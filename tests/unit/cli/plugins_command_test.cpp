#include "core/cli/plugins_command.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace mre;
using namespace mre::cli;

TEST_CASE("plugins tells of each where it is from and why one was refused") {
  plugin_host::PluginStatus good;
  good.name = "sftp";
  good.file = "/lib/sftp.so";
  good.description.id = "sftp";
  good.description.version = "0.1.0";
  good.description.title = "Files";
  good.state = plugin_host::PluginState::active;
  good.tools = {"a", "b"};
  std::ostringstream out;
  std::ostringstream err;
  CHECK(run_plugins({good}, {out, err}) == 0);
  CHECK(out.str() ==
        "sftp 0.1.0  active\n  file      /lib/sftp.so\n  abi       1.0\n  title     Files\n"
        "  tools     a, b\n");
  plugin_host::PluginStatus bad;
  bad.name = "acme";
  bad.file = "/opt/acme.so";
  bad.reason = "it is not there";
  CHECK(run_plugins({good, bad}, {out, err}) == 1);
  CHECK(out.str().find("acme  refused\n  file      /opt/acme.so\n  reason    it is not there\n") !=
        std::string::npos);
}

TEST_CASE("a file that is no plugin is an error in words") {
  std::ostringstream out;
  std::ostringstream err;
  CHECK(run_plugins_info("/does/not/exist.so", {out, err}) == 1);
  CHECK(out.str().empty());
  CHECK(err.str().find("/does/not/exist.so") != std::string::npos);
}
