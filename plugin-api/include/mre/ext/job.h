/* mre/ext/job.h - mre.job/1: work beside the calls, on the host's threads.  Since 1.0.  All
 * functions [any].
 *
 * A plugin that works in the background this way owns no threads, so the host knows when it is
 * idle and can end it cleanly. */
#ifndef MRE_EXT_JOB_H
#define MRE_EXT_JOB_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_JOB "mre.job/1"
typedef struct mre_job_api {
  uint32_t size, reserved;
  /* Runs run(data, job) once, soon, on a host thread; at most 4 jobs and timers of one plugin run
   * at once, further ones wait.  It runs beside calls and does not count as one of max_calls: guard
   * what they share.  job is a call for the other services: give it to mre.ssh/1 and its like, and
   * what they do ends when the job is cancelled; of mre.call/1 only cancelled() has a meaning.
   * Valid until run returns.  id (may be NULL) and failures: as in mre/ext/timer.h; the numbers are
   * shared.  The host cancels jobs by itself when the plugin ends, and waits for them. */
  mre_status (*submit)(const mre_host *host, void (*run)(void *data, mre_call *job), void *data,
                       uint64_t *id, mre_error *err);
  /* Asks a running job to end and waits until it did; one that waits never runs.  The guarantee is
   * that of mre.timer/1.  Nonzero: it never ran. */
  int32_t (*cancel)(const mre_host *host, uint64_t id);
} mre_job_api;

#ifdef __cplusplus
}
#endif
#endif
