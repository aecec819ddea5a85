// The registry of snapshot.hpp: the current snapshot and who hears of changes.
#include "core/base/guarded.hpp"
#include "core/tools/snapshot.hpp"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace mre::tools {
namespace {

// One listener and who is inside it now. Its handle must not go away under a notification of
// another thread.
class Subscription {
public:
  Subscription(Registry::Listener listener, Registry::ResourceListener resource_listener)
      : listener_(std::move(listener)), resource_listener_(std::move(resource_listener)) {}

  void notify(const Registry::Change &change) {
    run([&] {
      if (listener_) {
        listener_(change);
      }
    });
  }
  void notify(const std::string &uri) {
    run([&] {
      if (resource_listener_) {
        resource_listener_(uri);
      }
    });
  }

  // Afterwards no notification runs or will run, except the one that calls this.
  void end() {
    const auto self = std::this_thread::get_id();
    state_.with([](State &state) { state.ended = true; });
    state_.wait(
        [&](const State &state) {
          return std::all_of(state.inside.begin(), state.inside.end(),
                             [&](std::thread::id id) { return id == self; });
        },
        [](State & /*state*/) {});
  }

private:
  struct State {
    bool ended = false;
    std::vector<std::thread::id> inside;
  };
  template <class F>
  void run(F &&body) {
    const auto self = std::this_thread::get_id();
    const bool entered = state_.with([&](State &state) {
      if (!state.ended) {
        state.inside.push_back(self);
      }
      return !state.ended;
    });
    if (!entered) {
      return;
    }
    body();
    state_.with([&](State &state) {
      state.inside.erase(std::find(state.inside.begin(), state.inside.end(), self));
    });
    state_.notify_all();
  }

  const Registry::Listener listener_;
  const Registry::ResourceListener resource_listener_;
  Guarded<State> state_;
};

} // namespace

struct Registry::State {
  Guarded<SnapshotPtr> current;
  // Weak: a subscription lives as long as its handle, which may outlive the registry.
  Guarded<std::vector<std::weak_ptr<Subscription>>> subscriptions;

  std::vector<std::shared_ptr<Subscription>> living() {
    return subscriptions.with([](auto &all) {
      std::vector<std::shared_ptr<Subscription>> out;
      std::erase_if(all, [](const auto &weak) { return weak.expired(); });
      for (const auto &weak : all) {
        if (auto subscription = weak.lock()) {
          out.push_back(std::move(subscription));
        }
      }
      return out;
    });
  }
};

Registry::Registry() : state_(std::make_unique<State>()) {
  state_->current.with([](SnapshotPtr &current) { current = Snapshot::create(0, {}, {}, {}); });
}
Registry::~Registry() = default;

SnapshotPtr Registry::current() const {
  return state_->current.with([](const SnapshotPtr &current) { return current; });
}

void Registry::publish(SnapshotPtr snapshot) {
  const SnapshotPtr before =
      state_->current.with([&](SnapshotPtr &current) { return std::exchange(current, snapshot); });
  const Change change{before->tools_fingerprint() != snapshot->tools_fingerprint(),
                      before->resources_fingerprint() != snapshot->resources_fingerprint(),
                      before->prompts_fingerprint() != snapshot->prompts_fingerprint()};
  if (change.tools || change.resources || change.prompts) {
    announce(change);
  }
}

void Registry::announce(const Change &change) {
  for (const auto &subscription : state_->living()) {
    subscription->notify(change);
  }
}

void Registry::resource_updated(const std::string &uri) {
  for (const auto &subscription : state_->living()) {
    subscription->notify(uri);
  }
}

std::shared_ptr<void> Registry::listen(Listener listener, ResourceListener resource_listener) {
  auto subscription =
      std::make_shared<Subscription>(std::move(listener), std::move(resource_listener));
  state_->subscriptions.with([&](auto &all) { all.push_back(subscription); });
  // The handle ends the subscription when the last copy of it goes, while a notification may still
  // hold the object itself.
  Subscription *raw = subscription.get();
  return std::shared_ptr<void>(raw, [keep = std::move(subscription)](void * /*raw*/) mutable {
    keep->end();
    keep.reset();
  });
}

} // namespace mre::tools
