#include "core/app/serve.hpp"

#include "core/app/signals.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/server.hpp"
#include "core/mcp/stdio_transport.hpp"

#include <mre/version.h>

#include <csignal>
#include <cstdlib>

namespace mre::app {

int serve_stdio(House &house, const ServeDescriptors &descriptors) {
  mcp::Server server({.registry = house.registry(),
                      .runner = house.runner(),
                      .redactor = house.redactor(),
                      .clock = house.clock(),
                      .log = house.log()});
  mcp::StdioTransport transport(
      server, house.log(),
      {.input_fd = descriptors.input.get(), .output_fd = descriptors.output.get()});
  bool is_ending = false;
  const Signals signals([&](int number) {
    if (number == SIGHUP) {
      house.reload();
    } else if (is_ending) {
      std::_Exit(128 + number); // asked twice: somebody is not willing to wait for the remote side
    } else {
      is_ending = true;
      transport.stop();
    }
  });
  house.log().debug("serving",
                    {{"version", MRE_VERSION_STRING},
                     {"tools", std::to_string(house.registry().current()->tools().size())}});
  const auto end = transport.run();
  if (!server.close(limits::kEndBudget)) {
    house.abandon();
  }
  return end == mcp::StdioTransport::End::input_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

} // namespace mre::app
