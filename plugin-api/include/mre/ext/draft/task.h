/* mre/ext/draft/task.h - mre.task/1: calls that go on while the client does something else.
 *
 * DRAFT: this header may still change; the service id stays when it becomes stable.  A tool says by
 * MRE_TASK or MRE_TASK_ONLY among its promises that it can run as a task; when a call becomes one
 * is up to the host and the client: a client of the handshake era asks for it with the call, one of
 * the stateless era gets a task when the call lasts.  begin() is for tools that know it better. */
#ifndef MRE_EXT_DRAFT_TASK_H
#define MRE_EXT_DRAFT_TASK_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_TASK_SERVICE "mre.task/1"
typedef struct mre_task_api {
  uint32_t size, reserved;
  /* [any] Makes the call a task now, where the client takes one and the tool declared it; a call
   * that is one already stays one.  Nonzero when the call is a task afterwards; zero: it goes on as
   * it is.  What is asked before this is asked in the call's own answer, what is asked after it in
   * the task. */
  int32_t (*begin)(mre_call *call);
} mre_task_api;

#ifdef __cplusplus
}
#endif
#endif
