/* mre/ext/sftp.h - mre.sftp/1: files on remote hosts.  Since 1.0.  All functions [any] and
 * blocking.
 *
 * Hosts, and MRE_NEEDS_INPUT, as in mre/ext/ssh.h.  Paths are absolute or relative to the login's
 * folder.  Every effect is audited by the host. */
#ifndef MRE_EXT_SFTP_H
#define MRE_EXT_SFTP_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_SFTP "mre.sftp/1"

/* mre_file_info.kind */
enum { MRE_FILE_OTHER = 0, MRE_FILE_REGULAR = 1, MRE_FILE_DIRECTORY = 2, MRE_FILE_SYMLINK = 3 };
typedef struct mre_file_info {
  uint32_t size;
  int32_t kind;
  uint32_t permissions; /* the low 12 bits of st_mode */
  uint32_t uid, gid, reserved;
  uint64_t bytes;
  int64_t modified; /* seconds since 1970 */
} mre_file_info;

/* One entry of a listing; name and target (of a symbolic link, else empty) are borrowed.  Nonzero
 * stops. */
typedef struct mre_entry_sink {
  void *ctx;
  int32_t (*entry)(void *ctx, mre_str name, const mre_file_info *info, mre_str target);
} mre_entry_sink;

/* mre_file_write.flags */
enum {
  /* An existing file is replaced; without it MRE_ALREADY_EXISTS. */
  MRE_WRITE_OVERWRITE = 1u << 0,
  MRE_WRITE_APPEND = 1u << 1,         /* in place, at the end, without a temporary name */
  MRE_WRITE_CREATE_PARENTS = 1u << 2, /* missing folders on the way are made */
  /* permissions counts; without it a replaced file keeps its own, a new one gets 0644. */
  MRE_WRITE_PERMISSIONS = 1u << 3
};
/* mre_file_write.verify and .verified */
enum {
  MRE_VERIFY_AUTO = 0, /* digest for 64 KiB and more where the far side has sha256sum, else size */
  MRE_VERIFY_DIGEST = 1,
  MRE_VERIFY_SIZE = 2
};
typedef struct mre_file_write {
  uint32_t size, flags;
  mre_str host, path;
  mre_source source;
  /* UINT64_MAX: unknown; else a source that gives another count is an error. */
  uint64_t expected_bytes;
  uint64_t max_bytes; /* 0: the configured MAX_FILE_SIZE; UINT64_MAX: none */
  uint32_t permissions;
  int32_t verify;
  /* Results, valid when MRE_OK was returned. */
  uint64_t bytes;      /* written now */
  uint64_t file_bytes; /* size of the file afterwards */
  char sha256[65];     /* of the bytes written, lower-case hex */
  char reserved_text[3];
  int32_t verified, existed;
  uint32_t result_permissions, reserved;
  /* Gets the path that was written, symbolic links followed; write == NULL: not wanted. */
  mre_sink real_path;
  /* Gets the path of the temporary file before it is made; write == NULL: not wanted.  A failure of
   * the sink ends the write with nothing made.  The host removes the file whatever happens to the
   * write, but not when its own process is killed: who wrote the path down can remove it then.
   * Never called where there is no such file (MRE_WRITE_APPEND), or where the far side clears up by
   * itself (mre.guest-files/1). */
  mre_sink temporary_path;
} mre_file_write;

typedef struct mre_file_read {
  uint32_t size, reserved;
  mre_str host, path;
  uint64_t offset;
  uint64_t max_bytes; /* reading stops there; UINT64_MAX: to the end */
  mre_sink sink;      /* called on the calling thread */
  /* Results. */
  uint64_t bytes;
  mre_file_info info; /* of the file when it was opened */
  char sha256[65];    /* of the bytes read */
  char reserved_text[7];
} mre_file_read;

typedef struct mre_sftp_api {
  uint32_t size, reserved;
  /* follow nonzero: of what a symbolic link points at.  real_path (may have write == NULL) gets the
   * resolved path. */
  mre_status (*stat)(const mre_host *host, mre_call *call, mre_str target, mre_str path,
                     int32_t follow, mre_file_info *info, mre_sink real_path, mre_error *err);
  /* Unordered; "." and ".." are left out.  Links are resolved into target, not followed. */
  mre_status (*list)(const mre_host *host, mre_call *call, mre_str target, mre_str path,
                     mre_entry_sink sink, mre_error *err);
  mre_status (*read)(const mre_host *host, mre_call *call, mre_file_read *read, mre_error *err);
  /* Whole-file writes go to a temporary name in the same folder, are verified and renamed; nothing
   * stays behind on failure. */
  mre_status (*write)(const mre_host *host, mre_call *call, mre_file_write *write, mre_error *err);
  mre_status (*make_directory)(const mre_host *host, mre_call *call, mre_str target, mre_str path,
                               uint32_t permissions, int32_t parents, mre_error *err);
  mre_status (*rename)(const mre_host *host, mre_call *call, mre_str target, mre_str from,
                       mre_str to, int32_t overwrite, mre_error *err);
  /* A file or an empty folder. */
  mre_status (*remove)(const mre_host *host, mre_call *call, mre_str target, mre_str path,
                       mre_error *err);
} mre_sftp_api;

#ifdef __cplusplus
}
#endif
#endif
