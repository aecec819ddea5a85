/* mre/ext/plugins.h - mre.plugins/1: which other plugins are on.  Since 1.0.  [any] */
#ifndef MRE_EXT_PLUGINS_H
#define MRE_EXT_PLUGINS_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_PLUGINS "mre.plugins/1"
typedef struct mre_plugins_api {
  uint32_t size, reserved;
  /* Nonzero while the plugin serves.  Ask per call: plugins are switched while the server runs. */
  int32_t (*is_active)(const mre_host *host, const char *id);
} mre_plugins_api;

#ifdef __cplusplus
}
#endif
#endif
