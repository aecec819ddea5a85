/* mre/ext/log.h - mre.log/1: log lines, secrets, audit notes.  Since 1.0.  All functions [any]. */
#ifndef MRE_EXT_LOG_H
#define MRE_EXT_LOG_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_LOG "mre.log/1"
enum {
  MRE_LOG_ERROR = 0,
  MRE_LOG_WARN = 1,
  MRE_LOG_INFO = 2,
  MRE_LOG_DEBUG = 3,
  MRE_LOG_TRACE = 4
};
typedef struct mre_log_api {
  uint32_t size, reserved;
  /* One line on stderr; the host adds the plugin's id.  fields_json: a flat JSON object, or
   * empty. */
  void (*log)(const mre_host *host, int32_t level, mre_str event, mre_str fields_json);
  /* From now on these bytes (6 or more) leave the process only as a mask, in every encoding. */
  void (*redact)(const mre_host *host, mre_str secret);
  /* Adds a note to the audit trail of a call (begin, end and every exec and file effect are
   * recorded by the host). */
  void (*audit)(const mre_host *host, mre_call *call, mre_str event_json);
} mre_log_api;

#ifdef __cplusplus
}
#endif
#endif
