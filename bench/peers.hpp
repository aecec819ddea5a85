// Other servers that speak MCP on stdio and SSH to a host: how each is started, asked and
// understood.
//
// An adapter is one function that fills a Peer. Packages come from npm, at pinned versions and
// without running their install scripts (no native add-ons are built), when they are first asked
// for. Threads: one. Failures throw std::runtime_error.
#pragma once

#include "bench/fixture.hpp"
#include "core/base/json.hpp"
#include "tests/support/server_process.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mre::bench {

struct PeerCall {
  std::string tool;
  Json arguments;
};

// What a measurement asks for: where the host is and how long a command may take.
struct PeerPlace {
  const Fixture &fixture;
  std::uint16_t port; // may be a proxy's
  int timeout_seconds;
  std::string home;  // private
  std::string files; // private: what it transfers from and to; elsewhere
};

struct Peer {
  std::string name; // with its version
  std::string program;
  std::vector<std::string> arguments;
  std::function<testing::Environment(const PeerPlace &place)> configure; // writes its files too
  std::function<PeerCall(const std::string &command, int timeout_seconds)> exec;
  std::function<PeerCall(const std::string &near, const std::string &far)> upload;
  std::function<PeerCall(const std::string &far, const std::string &near)> download;
  // Of a tool's result: did the command exit with 0, did the file arrive?
  std::function<bool(const Json &result)> succeeded;
};

// Ours first. `folder`: where the packages are kept.
std::vector<Peer> all_peers(const std::string &folder);

// A started one, handshake done.
class PeerProcess {
public:
  PeerProcess(const Peer &peer, const PeerPlace &place);

  bool call(const PeerCall &call); // false: it said that it failed
  Json answer_to(const PeerCall &call);
  testing::ServerProcess &process() { return *process_; }
  double resident_mebibytes() const; // with its children
  double peak_mebibytes() const;

private:
  const Peer &peer_;
  std::unique_ptr<testing::ServerProcess> process_;
};

} // namespace mre::bench
