// The plugin on a host in memory: what it asks the remote side, and what it makes of the answer.
#include <mre/plugin.h>
#include <mre/testing/expect.hpp>
#include <mre/testing/fake_host.hpp>

using mre::testing::FakeHost;
using mre::testing::FakePlugin;

int main() {
  FakeHost host;
  host.on("uname -sr").prints("Linux 6.1.0\n");
  FakePlugin plugin(host, mre_plugin_v1());

  const auto result = plugin.call("sample_kernel");
  MRE_EXPECT(result.ok());
  MRE_EXPECT(result.text() == "Linux 6.1.0");
  MRE_EXPECT(result.structured == mre::json({{"system", "Linux"}, {"release", "6.1.0"}}));
  MRE_EXPECT(host.commands().at(0).host == "default");

  FakeHost broken;
  broken.otherwise().complains("not found").exits(127);
  FakePlugin other(broken, mre_plugin_v1());
  MRE_EXPECT(other.call("sample_kernel").status == MRE_REMOTE_FAILED);

  MRE_EXPECT(host.misbehaviour().empty());
  MRE_EXPECT(broken.misbehaviour().empty());
  return mre::testing::failures();
}
