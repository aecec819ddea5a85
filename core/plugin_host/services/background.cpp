// mre.timer/1 and mre.job/1.

#include "core/plugin_host/background.hpp"

#include "core/plugin_host/services/services.hpp"

namespace mre::plugin_host {
namespace {

// A year; more is a mistake, and would overflow the clock's arithmetic.
constexpr std::uint64_t kLongestDelayMs = std::uint64_t{366} * 24 * 3600 * 1000;

mre_status after(const mre_host *host, uint64_t delay_ms, void (*callback)(void *data), void *data,
                 uint64_t *id, mre_error *err) {
  return serve(host, err, "timer.after", [&](Instance &plugin) -> Result<void> {
    if (callback == nullptr || delay_ms > kLongestDelayMs) {
      return Error{Errc::bad_argument,
                   "timer.after needs a callback and a delay of at most " +
                       std::to_string(kLongestDelayMs) + " ms",
                   {}};
    }
    return plugin.background().after(Milliseconds(delay_ms), callback, data, id);
  });
}

mre_status submit(const mre_host *host, void (*run)(void *data, mre_call *job), void *data,
                  uint64_t *id, mre_error *err) {
  return serve(host, err, "job.submit", [&](Instance &plugin) -> Result<void> {
    if (run == nullptr) {
      return Error{Errc::bad_argument, "job.submit needs a function to run", {}};
    }
    return plugin.background().submit(run, data, id);
  });
}

int32_t cancel(const mre_host *host, uint64_t id) {
  bool never_ran = false;
  static_cast<void>(serve(host, nullptr, "timer.cancel", [&](Instance &plugin) -> Result<void> {
    never_ran = plugin.background().cancel(id);
    return {};
  }));
  return never_ran ? 1 : 0;
}

} // namespace

const mre_timer_api &timer_service() {
  static const mre_timer_api table = {sizeof table, 0, after, cancel};
  return table;
}

const mre_job_api &job_service() {
  static const mre_job_api table = {sizeof table, 0, submit, cancel};
  return table;
}

} // namespace mre::plugin_host
