/* mre/ext/tools.h - mre.tools/1: other tools of this server, under the operator's policy.  Since
 * 1.0.  All functions [any]; call blocks. */
#ifndef MRE_EXT_TOOLS_H
#define MRE_EXT_TOOLS_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_TOOLS "mre.tools/1"

typedef struct mre_tool_call {
  uint32_t size, reserved;
  mre_str tool;
  mre_str arguments; /* a JSON object; empty: {} */
  mre_sink result; /* gets {"content":[…],"structuredContent":…,"isError":…} as one JSON text */
  /* Result, valid when MRE_OK was returned: nonzero when the tool failed; its code, message and
   * hint stand in structuredContent.error. */
  int32_t is_error, reserved_tail;
} mre_tool_call;

typedef struct mre_tools_api {
  uint32_t size, reserved;
  /* Every step that led to a tool being visible or hidden, as `tools explain` prints it.
   * MRE_NOT_FOUND names the nearest tool. */
  mre_status (*explain)(const mre_host *host, mre_str name, mre_sink text, mre_error *err);
  /* Runs a tool as the client of `call` could: what is hidden from it is MRE_DENIED with the
   * reason, an unknown name MRE_NOT_FOUND.  The arguments are checked, both calls are audited, the
   * inner one naming the outer.  MRE_OK once the tool ran, also when it failed.  MRE_NEEDS_INPUT:
   * it asks the person; unwind and return that.  call may be NULL, or a job: then nobody can be
   * asked. MRE_CONFLICT: the tool belongs to a plugin that takes part in this chain of calls
   * already, one's own among them (call your own function instead).  MRE_LIMIT: the chain is deeper
   * than 4, or the tool's plugin stayed busy for 30 s. */
  mre_status (*call)(const mre_host *host, mre_call *call, mre_tool_call *request, mre_error *err);
} mre_tools_api;

#ifdef __cplusplus
}
#endif
#endif
