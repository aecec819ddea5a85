#include "core/guard/known_secrets.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/scratch.hpp"

using namespace mre;
using namespace mre::guard;

TEST_CASE("secrets and key files of the settings are known afterwards, short ones are spoken of") {
  const test::Scratch scratch;
  config::Settings settings;
  settings.secrets = {"hunter22", "abc"};
  settings.protected_files = {
      scratch.write("key",
                    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END "
                    "OPENSSH PRIVATE KEY-----\n"),
      scratch.write("hosts.json", "{\"hosts\": {}}\nan ordinary line\n"), scratch / "missing"};
  Redactor redactor;
  const std::vector<std::string> said = teach(redactor, settings);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("1 secret is shorter than 6 bytes") == 0);
  CHECK(redactor.redact("hunter22 b3BlbnNzaC1rZXktdjEAAAAA an ordinary line") ==
        "[REDACTED] [REDACTED] an ordinary line");
}
