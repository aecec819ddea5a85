/* mre/ext/local.h - mre.local/1: files of the server's own machine, behind the operator's rules.
 * Since 1.0.
 *
 * The host refuses what TRANSFER_ROOT excludes, and never reads key files, settings, the host book
 * or the state folder. Plugins must not open paths that a client named in any other way.  All
 * functions [any]; one handle belongs to one call and is closed by the host at its end if the
 * plugin forgets. */
#ifndef MRE_EXT_LOCAL_H
#define MRE_EXT_LOCAL_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_LOCAL "mre.local/1"

typedef struct mre_local_source {
  uint32_t size, permissions; /* low 12 bits of st_mode */
  uint64_t bytes;
  mre_source source; /* reads from the start */
  void *handle;
} mre_local_source;

typedef struct mre_local_target {
  uint32_t size, existed;
  mre_sink sink; /* bytes go to a temporary name beside the target, mode 0600 until commit */
  void *handle;
} mre_local_target;

typedef struct mre_local_api {
  uint32_t size, reserved;
  mre_status (*open_source)(const mre_host *host, mre_call *call, mre_str path,
                            mre_local_source *out, mre_error *err);
  void (*close_source)(const mre_host *host, mre_local_source *source);
  /* Makes missing parent folders.  overwrite zero: MRE_ALREADY_EXISTS when the file is there;
   * checked again at commit. */
  mre_status (*open_target)(const mre_host *host, mre_call *call, mre_str path, int32_t overwrite,
                            mre_local_target *out, mre_error *err);
  /* Renames into place.  An existing file keeps its mode; a new one gets permissions masked by the
   * umask.  real_path gets the resolved path.  The handle is spent whatever the result. */
  mre_status (*commit)(const mre_host *host, mre_local_target *target, uint32_t permissions,
                       mre_sink real_path, mre_error *err);
  /* Removes the temporary file.  A no-op on a spent handle. */
  void (*abandon)(const mre_host *host, mre_local_target *target);
} mre_local_api;

#ifdef __cplusplus
}
#endif
#endif
