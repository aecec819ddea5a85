/* mre/ext/timer.h - mre.timer/1: one-shot timers.  Since 1.0.  All functions [any]. */
#ifndef MRE_EXT_TIMER_H
#define MRE_EXT_TIMER_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_TIMER "mre.timer/1"
typedef struct mre_timer_api {
  uint32_t size, reserved;
  /* Calls callback(data) once, not before delay_ms have passed, on a host thread; for a period, arm
   * it again from the callback.  The callback runs beside calls and does not count as one of
   * max_calls: guard what they share.  It must be short: long work goes to mre.job/1.  id (may be
   * NULL) gets a number that is never 0 and never used again, before the callback can run.
   * MRE_LIMIT: 4096 timers and jobs of this plugin wait.  MRE_UNAVAILABLE: the plugin is ending.
   * What still waits when the plugin ends never runs. */
  mre_status (*after)(const mre_host *host, uint64_t delay_ms, void (*callback)(void *data),
                      void *data, uint64_t *id, mre_error *err);
  /* Once it returned, the callback is not running and will not run, except when it was called from
   * that callback itself.  So: hold no lock that the callback takes.  Nonzero: it never ran.  A
   * timer that is done, or an id that never was, is no error. */
  int32_t (*cancel)(const mre_host *host, uint64_t id);
} mre_timer_api;

#ifdef __cplusplus
}
#endif
#endif
