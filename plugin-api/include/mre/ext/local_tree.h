/* mre/ext/local_tree.h - mre.local_tree/1: whole folders of the server's own machine, behind the
 * operator's rules.  Since 1.0.
 *
 * Names are relative to the tree's folder, parts separated by '/'; empty means the folder itself.
 * No symbolic link is followed below it, and nothing outside it is read or written, whatever stands
 * there: this is where names that a far side gave belong.  The rules of mre/ext/local.h count as
 * well.  All functions [any]; one tree belongs to one call and is used by one thread at a time; it
 * is closed by the host at the end of its call if the plugin forgets. */
#ifndef MRE_EXT_LOCAL_TREE_H
#define MRE_EXT_LOCAL_TREE_H
#include <mre/ext/local.h>
#include <mre/ext/sftp.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_LOCAL_TREE "mre.local_tree/1"

typedef struct mre_local_tree_api {
  uint32_t size, reserved;
  /* make nonzero: the folder and its parents are made.  real_path (may have write == NULL) gets the
   * resolved path. */
  mre_status (*open)(const mre_host *host, mre_call *call, mre_str path, int32_t make, void **tree,
                     mre_sink real_path, mre_error *err);
  void (*close)(const mre_host *host, void *tree);
  /* Ordered by name; links are resolved into target, not followed. */
  mre_status (*list)(const mre_host *host, void *tree, mre_str name, mre_entry_sink sink,
                     mre_error *err);
  /* Closed and committed by the functions of mre.local/1. */
  mre_status (*open_source)(const mre_host *host, mre_call *call, void *tree, mre_str name,
                            mre_local_source *out, mre_error *err);
  mre_status (*open_target)(const mre_host *host, mre_call *call, void *tree, mre_str name,
                            int32_t overwrite, mre_local_target *out, mre_error *err);
  /* Mode 0700 until set_permissions; one that is there already is fine. */
  mre_status (*make_directory)(const mre_host *host, void *tree, mre_str name, mre_error *err);
  mre_status (*make_link)(const mre_host *host, void *tree, mre_str name, mre_str target,
                          int32_t overwrite, mre_error *err);
  /* Of a folder; set-id bits are dropped. */
  mre_status (*set_permissions)(const mre_host *host, void *tree, mre_str name,
                                uint32_t permissions, mre_error *err);
} mre_local_tree_api;

#ifdef __cplusplus
}
#endif
#endif
