// See background_sweep.hpp.
#include "background_sweep.hpp"

#include "sweeper.hpp"

namespace imagekit {

namespace {

// Not while the first calls are under way; objects have ten minutes anyway.
constexpr std::chrono::minutes kFirst{1};
constexpr std::chrono::minutes kInterval{10};
constexpr const char *kTurnKey = "sweep/turn";

} // namespace

BackgroundSweep::BackgroundSweep(Desk &desk, RecordStore &records)
    : desk_(desk), records_(records), timers_(desk.host), jobs_(desk.host) {}

void BackgroundSweep::start() {
  if (!is_started_.exchange(true)) {
    arm(kFirst);
  }
}

void BackgroundSweep::arm(std::chrono::milliseconds delay) {
  timers_.after(delay, [this] { jobs_.submit([this](const mre::Call &job) { run(job); }); });
}

// Whoever finds the entry missing puts it there; it lasts a little less than the interval.
bool BackgroundSweep::is_our_turn() {
  return records_.compare_and_put(kTurnKey, std::nullopt, std::to_string(desk_.store.now()),
                                  std::chrono::seconds(kInterval) - std::chrono::seconds(30));
}

void BackgroundSweep::run(const mre::Call &job) {
  const mre::Log log(desk_.host);
  try {
    if (is_our_turn()) {
      for (const SweptObject &each : sweep(desk_, Patience(desk_.stop, job))) {
        log.info(each.failure.empty() ? "imagekit.swept" : "imagekit.left_behind",
                 {{"object", each.object.name}, {"why", each.failure}});
      }
    }
  } catch (const mre::Error &error) {
    log.info("imagekit.sweep_failed", {{"why", error.what()}});
  }
  try {
    arm(kInterval);
  } catch (const mre::Error &) { // the plugin is ending
  }
}

} // namespace imagekit
