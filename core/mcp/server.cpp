#include "core/mcp/server.hpp"

#include "core/base/digest.hpp"
#include "core/base/guarded.hpp"
#include "core/base/timer.hpp"
#include "core/mcp/request_seal.hpp"
#include "core/mcp/task_store.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>
#include <vector>

namespace mre::mcp {
namespace {

constexpr std::size_t kSealKeyBytes = 32;

} // namespace

struct Server::State {
  State(const ServerCollaborators &parts, ServerOptions options)
      : seal(options.seal_key.empty() ? random_bytes(kSealKeyBytes) : std::move(options.seal_key),
             parts.clock),
        tasks(parts.clock, [this](const TaskView &task) { announce(task); }),
        engine{parts.registry, parts.runner, parts.redactor, parts.clock,  parts.log,
               timer,          seal,         tasks,          options.times} {}

  struct News {
    tools::Registry::Change change;
    std::set<std::string> uris;
    bool is_scheduled = false;
  };

  std::vector<std::shared_ptr<Peer>> alive_peers() {
    std::vector<std::shared_ptr<Peer>> alive;
    peers.with([&](auto &list) {
      std::erase_if(list, [](const auto &peer) { return peer.expired(); });
      for (const auto &peer : list) {
        if (auto held = peer.lock()) {
          alive.push_back(std::move(held));
        }
      }
    });
    return alive;
  }

  template <class Add>
  void add_news(Add &&add) {
    const bool must_schedule = news.with([&](News &pending) {
      add(pending);
      return !std::exchange(pending.is_scheduled, true);
    });
    if (must_schedule) {
      timer.after(engine.times.list_changed_delay, [this] { tell_news(); });
    }
  }
  static bool wait_until_idle(const std::vector<std::shared_ptr<Peer>> &waited,
                              std::chrono::milliseconds span) {
    const auto end = std::chrono::steady_clock::now() + span;
    bool all_ended = true;
    for (const auto &peer : waited) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      all_ended = peer->wait_until_idle(std::max(left, std::chrono::milliseconds(0))) && all_ended;
    }
    return all_ended;
  }
  void tell_news() {
    const News due = news.with([](News &pending) { return std::exchange(pending, {}); });
    for (const auto &peer : alive_peers()) {
      peer->announce(due.change, due.uris);
    }
  }

  void announce(const TaskView &task) {
    for (const auto &peer : alive_peers()) {
      peer->announce(task);
    }
  }

  const RequestSeal seal;
  Guarded<std::vector<std::weak_ptr<Peer>>> peers;
  std::atomic<bool> is_ending{false};
  Guarded<News> news;
  TaskStore tasks;
  Timer timer; // its thread uses what stands above and `engine`, and is joined first
  const Engine engine;
  std::shared_ptr<void> listening;
};

Server::Server(const ServerCollaborators &collaborators, ServerOptions options)
    : state_(std::make_unique<State>(collaborators, std::move(options))) {
  State *state = state_.get();
  state_->listening = collaborators.registry.listen(
      [state](const tools::Registry::Change &change) {
        state->add_news([&](State::News &news) {
          news.change.tools |= change.tools;
          news.change.resources |= change.resources;
          news.change.prompts |= change.prompts;
        });
      },
      [state](const std::string &uri) {
        state->add_news([&](State::News &news) { news.uris.insert(uri); });
      });
}

Server::~Server() {
  state_->listening.reset();
}

std::shared_ptr<Peer> Server::connect(PeerOptions options) {
  auto peer = std::make_shared<Peer>(std::move(options), state_->engine);
  state_->peers.with([&](auto &list) {
    std::erase_if(list, [](const auto &known) { return known.expired(); });
    list.push_back(peer);
  });
  if (state_->is_ending) { // looked at after it is listed: whoever ends meets it or is met
    peer->drain();
  }
  return peer;
}

bool Server::drain(std::chrono::milliseconds span) {
  state_->is_ending = true;
  const auto peers = state_->alive_peers();
  for (const auto &peer : peers) {
    peer->drain();
  }
  const auto end = std::chrono::steady_clock::now() + span;
  static_cast<void>(state_->tasks.drain({})); // those nobody can answer end now
  const bool calls_ended = State::wait_until_idle(peers, span);
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return state_->tasks.drain(std::max(left, std::chrono::milliseconds(0))) && calls_ended;
}

bool Server::close(std::chrono::milliseconds span) {
  state_->is_ending = true;
  const auto peers = state_->alive_peers();
  for (const auto &peer : peers) {
    peer->close();
  }
  const bool tasks_ended = state_->tasks.close(span);
  return State::wait_until_idle(peers, span) && tasks_ended;
}

} // namespace mre::mcp
