// One request that the host answers: from asking it to the end of the answer.
//
// Promise: the host is asked once, and told once that nobody listens any more; end() may come at
// any moment, also while the host is being asked, and never waits for that. Threads: ask() on any,
// the rest on the connection's loop. Lifetime: shared by the connection and whoever asks the host;
// the service and the loop behind `wake` outlive it.
#pragma once

#include "answer.hpp"
#include "body_reader.hpp"

#include <mre/plugin.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mre_http {

// What the host is asked, with all its bytes.
struct HostRequest {
  int verb = 0;
  bool takes_events = true;
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};
  std::unique_ptr<BodyShare>
      share{}; // of the bytes of all bodies, until the host has read this one
  std::string principal{};
};

// Where the host is asked.
struct PeerDoor {
  const mre_host *host;
  const mre_peer_api *peers;
};

class Exchange {
public:
  Exchange(PeerDoor door, std::function<void()> wake, std::atomic<std::size_t> &waiting,
           Notices notices);

  void ask(const HostRequest &request);
  // Why the host did not take the request.
  std::optional<std::string> failure();
  void end();
  Answer &answer() { return answer_; }

private:
  mre_peer *open(const HostRequest &asked);

  const PeerDoor door_;
  const std::function<void()> wake_;
  Answer answer_;
  std::mutex mutex_;
  mre_peer *peer_ = nullptr; // between ask() and end()
  bool has_ended_ = false;
  std::optional<std::string> failure_;
};

} // namespace mre_http
