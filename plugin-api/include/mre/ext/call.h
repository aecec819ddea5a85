/* mre/ext/call.h - mre.call/1: what a plugin says about one call.  Since 1.0.
 *
 * Threads: all functions [any], from invoke() until it returns, or until finish() after
 * MRE_DEFERRED. Everything passes the host's redactor before it leaves the process. */
#ifndef MRE_EXT_CALL_H
#define MRE_EXT_CALL_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_CALL "mre.call/1"
typedef struct mre_call_api {
  uint32_t size, reserved;
  /* Appends a text block.  Invalid UTF-8 is repaired, never refused. */
  mre_status (*text)(mre_call *call, mre_str utf8);
  /* Appends any MCP content block given as JSON text.  MRE_BAD_ARGUMENT when it is not one. */
  mre_status (*content)(mre_call *call, mre_str json);
  /* The structured result, once; MRE_BAD_ARGUMENT when it is no JSON or the second one.  Checked
   * against output_schema when the call ends: one that does not fit is answered as a defect of the
   * plugin.  A call that gives structured and no text gets the JSON as its text block. */
  mre_status (*structured)(mre_call *call, mre_str json);
  /* done grows; total 0 means unknown.  Rate-limited by the host; dropped when the client did not
   * ask. */
  void (*progress)(mre_call *call, double done, double total, mre_str message);
  /* Nonzero once the client gave up or the server ends.  Services given this call end by
   * themselves. */
  int32_t (*cancelled)(mre_call *call);
  /* Asks the person: request is the JSON {"message":…, "requestedSchema":…} of a form elicitation
   * (flat, primitives only, never a secret).  MRE_OK: the answer
   * {"action":"accept"|"decline"|"cancel","content":{…}} went to the sink.  MRE_NEEDS_INPUT: unwind
   * and return it; invoke() runs again with the answer.  MRE_DENIED: the client cannot ask.  key:
   * stable and unique within the call.  Ask before the first effect. */
  mre_status (*ask)(mre_call *call, mre_str key, mre_str request, mre_sink answer, mre_error *err);
  /* A failure with texts of any length.  It gives back status, to be returned from invoke(). */
  mre_status (*fail)(mre_call *call, mre_status status, mre_str message, mre_str hint);
  /* Ends a call that was deferred, exactly once.  err may be NULL when status is MRE_OK. */
  void (*finish)(mre_call *call, mre_status status, const mre_error *err);
} mre_call_api;

#ifdef __cplusplus
}
#endif
#endif
