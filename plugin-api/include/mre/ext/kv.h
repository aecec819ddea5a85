/* mre/ext/kv.h - mre.kv/1: a small durable store, one namespace per plugin.  Since 1.0.  All
 * functions [any], blocking.
 *
 * Lives in MRE_STATE_DIR/kv.sqlite3, opened on first use, shared by processes.  Keys up to 256
 * bytes, values up to 1 MiB, 64 MiB per plugin (MRE_LIMIT beyond). */
#ifndef MRE_EXT_KV_H
#define MRE_EXT_KV_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_KV "mre.kv/1"
typedef struct mre_kv_sink {
  void *ctx;
  int32_t (*entry)(void *ctx, mre_str key, mre_str value); /* nonzero stops */
} mre_kv_sink;
typedef struct mre_kv_api {
  uint32_t size, reserved;
  /* MRE_NOT_FOUND when there is none. */
  mre_status (*get)(const mre_host *host, mre_str key, mre_sink value, mre_error *err);
  /* ttl_seconds 0: for ever. */
  mre_status (*put)(const mre_host *host, mre_str key, mre_str value, uint64_t ttl_seconds,
                    mre_error *err);
  /* Atomic: replaces only when the stored value equals expected (data == NULL: only when there is
   * none). MRE_CONFLICT otherwise. */
  mre_status (*compare_and_put)(const mre_host *host, mre_str key, const mre_str *expected,
                                mre_str value, uint64_t ttl_seconds, mre_error *err);
  /* MRE_OK also when it was not there. */
  mre_status (*remove)(const mre_host *host, mre_str key, mre_error *err);
  /* Entries whose key begins with prefix, in key order. */
  mre_status (*scan)(const mre_host *host, mre_str prefix, mre_kv_sink sink, mre_error *err);
} mre_kv_api;

#ifdef __cplusplus
}
#endif
#endif
