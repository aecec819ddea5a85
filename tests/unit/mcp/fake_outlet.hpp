// A transport with a stream per request, as HTTP has, that keeps what was sent.
//
// Threads: any. Lifetime: shared with the peer.
#pragma once

#include "core/base/guarded.hpp"
#include "core/mcp/outlet.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace mre::mcp::testing {

class FakeOutlet final : public Outlet {
public:
  void send(Outgoing message) override {
    sent_.with([&](auto &all) { all.push_back(std::move(message)); });
    sent_.notify_all();
  }
  // The message with this number, once it is there; "null" after ten seconds.
  Outgoing at(std::size_t index) {
    return sent_.wait_until(
        std::chrono::steady_clock::now() + std::chrono::seconds(10),
        [index](const auto &all) { return all.size() > index; },
        [index](const auto &all, bool there) {
          return there ? all[index] : Outgoing{.text = "null"};
        });
  }
  std::size_t count() {
    return sent_.with([](const auto &all) { return all.size(); });
  }

private:
  Guarded<std::vector<Outgoing>> sent_;
};

} // namespace mre::mcp::testing
