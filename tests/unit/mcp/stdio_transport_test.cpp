#include "core/mcp/stdio_transport.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mcp/fake_surface.hpp"

#include <unistd.h>

#include <string>
#include <thread>

using namespace mre;
using namespace mre::mcp;
using mre::mcp::testing::FakeSurface;
using End = StdioTransport::End;

namespace {

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  void put(const std::string &text) {
    REQUIRE(::write(write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  UniqueFd read, write;
};

constexpr const char *kHold =
    R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hold","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})"
    "\n";

struct Served {
  FakeSurface surface;
  Pipe in, out;
  StdioTransport transport{
      surface.server(), surface.log(), {.input_fd = in.read.get(), .output_fd = out.write.get()}};
  End end = End::input_failed;
  std::thread thread{[this] { end = transport.run(); }};
};

} // namespace

TEST_CASE("stop() ends the calls and then run()") {
  Served served;
  served.in.put(kHold);
  REQUIRE(served.surface.wait_for_held(1));
  served.transport.stop();
  served.thread.join();
  CHECK(served.end == End::stopped);
}

TEST_CASE("a client that cannot be written to any more ends its calls") {
  Served served;
  served.in.put(kHold);
  REQUIRE(served.surface.wait_for_held(1));
  served.out.read.reset();
  served.in.put("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n");
  served.thread.join();
  CHECK(served.end == End::client_gone);
}

TEST_CASE("the end of input ends run()") {
  Served served;
  served.in.write.reset();
  served.thread.join();
  CHECK(served.end == End::end_of_input);
}
