// See background_sweep.hpp.
#include "background_sweep.hpp"

#include "leftovers.hpp"
#include "sweeper.hpp"

namespace imagekit {

namespace {

// Not while the first calls are under way; objects have ten minutes anyway.
constexpr std::chrono::minutes kFirst{1};
constexpr std::chrono::minutes kInterval{10};
// A client that is there again at once repeats its call, which does the same.
constexpr std::chrono::seconds kFirstFiles{5};
constexpr const char *kTurnKey = "sweep/turn";

} // namespace

BackgroundSweep::BackgroundSweep(Desk &desk, RecordStore &records)
    : desk_(desk), records_(records), timers_(desk.host), jobs_(desk.host) {}

void BackgroundSweep::start() {
  if (!is_started_.exchange(true)) {
    timers_.after(kFirstFiles,
                  [this] { jobs_.submit([this](const mre::Call &job) { run_files(job); }); });
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

void BackgroundSweep::run_files(const mre::Call &job) {
  const mre::Log log(desk_.host);
  try {
    for (const SweptFile &each : sweep_leftovers(desk_, job)) {
      log.info(each.failure.empty() ? "imagekit.swept" : "imagekit.left_behind",
               {{"host", each.host}, {"path", each.path}, {"why", each.failure}});
    }
  } catch (const mre::Error &error) {
    log.info("imagekit.sweep_failed", {{"why", error.what()}});
  }
}

void BackgroundSweep::run(const mre::Call &job) {
  const mre::Log log(desk_.host);
  run_files(job);
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
