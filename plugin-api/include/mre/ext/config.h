/* mre/ext/config.h - mre.config/1: the plugin's own settings and the shared limits.  Since 1.0. All
 * functions [any]. */
#ifndef MRE_EXT_CONFIG_H
#define MRE_EXT_CONFIG_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_CONFIG "mre.config/1"
typedef struct mre_config_api {
  uint32_t size, reserved;
  /* The value at a JSON pointer ("" is the whole object) of the settings that create() or the last
   * reconfigure() got, as JSON text.  MRE_NOT_FOUND when there is none. */
  mre_status (*get)(const mre_host *host, mre_str pointer, mre_sink json, mre_error *err);
  /* Limits every tool shares, as a JSON object: character_limit, max_file_size, timeout_ms,
   * max_timeout_ms, read_only, message_bytes. */
  mre_status (*limits)(const mre_host *host, mre_sink json, mre_error *err);
} mre_config_api;

#ifdef __cplusplus
}
#endif
#endif
