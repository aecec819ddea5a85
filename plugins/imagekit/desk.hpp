// Desk: what all four tools and the sweeper work with.
//
// Threads: shared by all calls; the engine is replaced as a whole when settings change, and calls
// go on with the one they began with. Lifetime: the plugin's.
#pragma once

#include "transfer_store.hpp"

#include <memory>
#include <mutex>

namespace imagekit {

struct Engine {
  std::chrono::seconds transfer_timeout{0};
  std::shared_ptr<Relay> relay;
};

class Desk {
public:
  Desk(mre::Host view, RecordStore &records, UnixClock now)
      : host(view), store(records, std::move(now)) {}

  Engine engine() const {
    const std::lock_guard lock(mutex_);
    return engine_;
  }
  void set_engine(Engine engine) {
    const std::lock_guard lock(mutex_);
    engine_ = std::move(engine);
  }

  mre::Host host;
  TransferStore store;
  StopFlag stop;

private:
  mutable std::mutex mutex_;
  Engine engine_;
};

} // namespace imagekit
