/* mre/ext/guest_files.h - mre.guest-files/1: files inside the containers of a Proxmox node.  Since
 * 1.0.
 *
 * Offered by the plugin proxmox, found with host->service(); see mre_service in mre/plugin.h for
 * what such a table is.  Ask for it when it is used: it is absent while that plugin is off.  All
 * functions [call] and blocking.  Errors are those of the tools: MRE_CONFLICT for a container that
 * is stopped or locked, MRE_NOT_FOUND for one that is not there, MRE_UNAVAILABLE while the provider
 * is off.  Paths are absolute, inside the container. */
#ifndef MRE_EXT_GUEST_FILES_H
#define MRE_EXT_GUEST_FILES_H
#include <mre/ext/sftp.h>
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_GUEST_FILES "mre.guest-files/1"

typedef struct mre_guest_stat {
  uint32_t size, ctid;
  mre_str host, path;  /* host: the configured name of a node, empty: the default host */
  mre_file_info *info; /* result; its size is set by the caller.  Symbolic links are followed */
  mre_sink real_path;  /* gets the resolved path; write == NULL: not wanted */
  /* Gets the configured name of the node the container was found on; may have write == NULL. */
  mre_sink node;
} mre_guest_stat;

/* Goes to a temporary name in the same folder, is verified, gets its permissions and owner, and is
 * renamed; nothing stays behind on failure. */
typedef struct mre_guest_write {
  uint32_t size, ctid;
  mre_file_write *file; /* as for mre.sftp/1; MRE_WRITE_APPEND is MRE_UNSUPPORTED */
  /* 64 lower-case hex digits: other bytes are never put in place and are MRE_CONFLICT.  Empty: any
   * bytes. */
  mre_str expected_sha256;
  mre_sink node;
} mre_guest_write;

typedef struct mre_guest_read {
  uint32_t size, ctid;
  /* As for mre.sftp/1; verified against the container's own digest from 64 KiB on: MRE_CONFLICT
   * when it differs. */
  mre_file_read *file;
  mre_sink node;
} mre_guest_read;

typedef struct mre_guest_files_api {
  uint32_t size, reserved;
  void *ctx;
  mre_method stat;  /* mre_guest_stat */
  mre_method write; /* mre_guest_write */
  mre_method read;  /* mre_guest_read */
} mre_guest_files_api;

#ifdef __cplusplus
}
#endif
#endif
