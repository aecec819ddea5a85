/* mre/ext/draft/mcp.h - mre.mcp/1: the protocol itself, for adapters and conformance fixtures.
 *
 * DRAFT: this header may still change; the service id stays when it becomes stable. Ordinary tools
 * do not need it: mre.call/1 has everything that works alike for every client. Threads: all
 * functions [any]; those of a call from invoke() until it returns, or until finish() after
 * MRE_DEFERRED. */
#ifndef MRE_EXT_DRAFT_MCP_H
#define MRE_EXT_DRAFT_MCP_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_MCP "mre.mcp/1"

/* severities of log(), in the order of RFC 5424 upside down */
enum {
  MRE_MCP_DEBUG = 0,
  MRE_MCP_INFO = 1,
  MRE_MCP_NOTICE = 2,
  MRE_MCP_WARNING = 3,
  MRE_MCP_ERROR = 4,
  MRE_MCP_CRITICAL = 5,
  MRE_MCP_ALERT = 6,
  MRE_MCP_EMERGENCY = 7
};
/* the lists of list_changed() */
enum { MRE_MCP_TOOLS = 1u << 0, MRE_MCP_RESOURCES = 1u << 1, MRE_MCP_PROMPTS = 1u << 2 };

typedef struct mre_mcp_api {
  uint32_t size, reserved;
  /* Nonzero when this client can be asked by the method: "elicitation/create" (a form),
   * "elicitation/create:url", "sampling/createMessage", "roots/list". */
  int32_t (*can_request)(mre_call *call, mre_str method);
  /* Asks the client by any of these methods; params is JSON text.  MRE_OK: the client's result went
   * to the sink as JSON.  MRE_NEEDS_INPUT: the request is noted; note further ones in the same run
   * if they can be asked together, then unwind and return it; invoke() runs again with the answers.
   * MRE_DENIED: the client cannot be asked so.  key: stable and unique within the call. */
  mre_status (*request)(mre_call *call, mre_str key, mre_str method, mre_str params,
                        mre_sink answer, mre_error *err);
  /* The call ends with an error of the protocol instead of a result: code, message, and data as
   * JSON text (size 0: none).  Its return value is to be returned from invoke(). */
  mre_status (*fail_protocol)(mre_call *call, int32_t code, mre_str message, mre_str data);
  /* A log message of this call, where the client wants them.  data is JSON text. */
  void (*log)(mre_call *call, int32_t severity, mre_str logger, mre_str data);
  /* Ends the stream on which this call answers while the call goes on; the client comes back for
   * the rest.  Nothing happens where streams cannot be resumed. */
  void (*close_stream)(mre_call *call);
  /* Tells clients that these lists changed, whether they did or not. */
  void (*list_changed)(const mre_host *host, uint32_t lists);
} mre_mcp_api;

#ifdef __cplusplus
}
#endif
#endif
