#include <mre/plugin.h>
#include <mre/testing/expect.hpp>
#include <mre/testing/fake_host.hpp>

using mre::testing::FakeHost;
using mre::testing::FakePlugin;

namespace {

void tells_how_full_a_path_is() {
  FakeHost host;
  host.on("df -Pk -- /srv")
      .prints("Filesystem 1024-blocks Used Available Capacity Mounted\n"
              "/dev/vda1 1000 250 750 25% /srv\n");
  FakePlugin plugin(host, mre_plugin_v1());
  const auto result = plugin.call("disk_usage", {{"path", "/srv"}});
  MRE_EXPECT(result.text() == "25 % of /srv are used");
  MRE_EXPECT(result.structured.at("free_kb") == 750);
  MRE_EXPECT(host.misbehaviour().empty());
}

void asks_before_it_removes() {
  FakeHost host;
  host.setting("keep_days", 3);
  host.otherwise().prints("done\n");
  FakePlugin plugin(host, mre_plugin_v1());
  const auto asked = plugin.call("disk_clean");
  MRE_EXPECT(asked.status == MRE_NEEDS_INPUT);
  MRE_EXPECT(asked.questions.at(0).request.at("message") ==
             "Remove journal entries older than 3d?");
  MRE_EXPECT(host.commands().empty());
  const auto done = plugin.call("disk_clean", mre::json::object(),
                                {{"sure", FakePlugin::accept({{"confirm", true}})}});
  MRE_EXPECT(done.ok());
  MRE_EXPECT(host.commands().at(0).line == "journalctl --vacuum-time=3d" ||
             host.commands().at(0).line == "journalctl '--vacuum-time=3d'");
  MRE_EXPECT(
      plugin.call("disk_clean", mre::json::object(), {{"sure", FakePlugin::decline()}}).status ==
      MRE_DENIED);
}

} // namespace

int main() {
  tells_how_full_a_path_is();
  asks_before_it_removes();
  return mre::testing::failures();
}
