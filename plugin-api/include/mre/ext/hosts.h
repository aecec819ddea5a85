/* mre/ext/hosts.h - mre.hosts/1: the configured hosts, without secrets.  Since 1.0.  All functions
 * [any]. */
#ifndef MRE_EXT_HOSTS_H
#define MRE_EXT_HOSTS_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_HOSTS "mre.hosts/1"
typedef struct mre_hosts_api {
  uint32_t size, reserved;
  /* The name a tool's `host` argument stands for (empty: the default host, else the only one) goes
   * to the sink, and what is known about it as JSON
   * {"name","host","port","user","tags","description","connected"}. MRE_BAD_ARGUMENT lists the
   * names when there is no default, MRE_NOT_FOUND the nearest ones. */
  mre_status (*resolve)(const mre_host *host, mre_str name, mre_sink json, mre_error *err);
  /* All of them: a JSON array of the same objects. */
  mre_status (*list)(const mre_host *host, mre_sink json, mre_error *err);
} mre_hosts_api;

#ifdef __cplusplus
}
#endif
#endif
