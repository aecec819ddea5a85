#include "core/app/serve.hpp"

#include "core/app/service_manager.hpp"
#include "core/app/signals.hpp"
#include "core/base/guarded.hpp"
#include "core/guard/limits.hpp"
#include "core/mcp/gateway.hpp"
#include "core/mcp/server.hpp"
#include "core/mcp/stdio_transport.hpp"

#include <mre/version.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>

namespace mre::app {
namespace {

constexpr int kWrongSettings = 2; // as for every other setting that stops the start

// A daemon's main thread waits here.
class EndOfService {
public:
  void come() {
    has_come_.with([](bool &has_come) { has_come = true; });
    has_come_.notify_all();
  }
  void wait() {
    has_come_.wait([](bool has_come) { return has_come; }, [](bool /*has_come*/) {});
  }

private:
  Guarded<bool> has_come_{false};
};

bool start_transports(House &house, mcp::Gateway &gateway, ServeOn where) {
  auto complaints = house.plugins().start_transports(gateway);
  if (where == ServeOn::transports && complaints.empty() && house.plugins().transports() == 0) {
    complaints.emplace_back("--no-stdio needs a plugin that serves a transport, and none is on; "
                            "ENABLE_HTTP=true serves Streamable HTTP");
  }
  for (const auto &complaint : complaints) {
    std::cerr << "mcp-remote-exec cannot start: " << complaint << '\n';
  }
  return complaints.empty();
}

ServiceManager manager_of(const House &house) {
  const auto settings = house.settings();
  const auto found = settings->variables.find("NOTIFY_SOCKET");
  return ServiceManager(found == settings->variables.end() ? std::string() : found->second);
}

void reload(House &house, mcp::Gateway &gateway, const ServiceManager &manager) {
  manager.reloading();
  house.reload();
  for (const auto &failed : house.plugins().start_transports(gateway)) {
    house.log().error("reload_plugin", {{"what", failed}});
  }
  manager.ready();
}

// Nothing new comes in any more; what is under way ends by itself or is ended. Plugins go before
// the gateway that their threads may still look at.
void end_service(House &house, mcp::Server &server, ServeOn where) {
  house.plugins().stop_transports();
  if (where == ServeOn::transports) {
    server.drain(limits::kDrainBudget);
  }
  if (!server.close(limits::kEndBudget)) {
    house.abandon();
  }
  house.plugins().stop(limits::kEndBudget);
  house.end(); // a thread that has just told of a call's end may still be in the server
}

} // namespace

int serve(House &house, const ServeDescriptors &descriptors, ServeOn where) {
  mcp::Server server({.registry = house.registry(),
                      .runner = house.runner(),
                      .redactor = house.redactor(),
                      .clock = house.clock(),
                      .log = house.log()});
  mcp::Gateway gateway(server, house.clock());
  EndOfService end_of_service;
  mcp::StdioTransport stdio(
      server, house.log(),
      {.input_fd = descriptors.input.get(), .output_fd = descriptors.output.get()});
  if (!start_transports(house, gateway, where)) {
    end_service(house, server, where);
    return kWrongSettings;
  }
  const ServiceManager manager = manager_of(house);
  bool is_ending = false;
  Guarded<bool> takes_reloads{true}; // what ends is not furnished anew
  const Signals signals([&](int number) {
    if (number == SIGHUP) {
      takes_reloads.with([&](bool takes) {
        if (takes) {
          reload(house, gateway, manager);
        }
      });
    } else if (is_ending) {
      std::_Exit(128 + number); // asked twice: somebody is not willing to wait for the remote side
    } else {
      is_ending = true;
      stdio.stop();
      end_of_service.come();
    }
  });
  house.log().debug("serving",
                    {{"version", MRE_VERSION_STRING},
                     {"tools", std::to_string(house.registry().current()->tools().size())}});
  manager.ready();
  std::optional<mcp::StdioTransport::End> end;
  if (where == ServeOn::stdio_and_transports) {
    end = stdio.run();
  } else {
    end_of_service.wait();
  }
  takes_reloads.with([](bool &takes) { takes = false; });
  manager.stopping();
  end_service(house, server, where);
  return end == mcp::StdioTransport::End::input_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

} // namespace mre::app
