/* mre/ext/ssh.h - mre.ssh/1: commands on remote hosts.  Since 1.0.  All functions [any] and
 * blocking.
 *
 * Hosts are configured names, never addresses or credentials; an empty name means the default host,
 * and its errors (no default, unknown name) come from the host.  Cancelling the call ends the
 * remote process.
 *
 * MRE_NEEDS_INPUT: the connection needs a person's word first (an unknown host key, a question of
 * the login), and the question is asked for you: unwind and return it, as after mre.call/1's ask.
 * Only before the call's first effect; after it, it is an ordinary error. */
#ifndef MRE_EXT_SSH_H
#define MRE_EXT_SSH_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_SSH "mre.ssh/1"

/* mre_exec.flags */
enum {
  MRE_EXEC_PTY = 1u << 0,   /* run on a terminal */
  MRE_EXEC_MERGE = 1u << 1, /* stderr goes where stdout goes */
  /* timeout_ms may exceed MAX_TIMEOUT: for a transfer or a job, whose length nobody can name; never
   * for a command a client gave. */
  MRE_EXEC_LONG = 1u << 2,
  /* A promise: it changes nothing, so a person may still be asked after it; it runs again with the
   * call. */
  MRE_EXEC_READS = 1u << 3
};
/* mre_exec.outcome */
enum {
  MRE_OUTCOME_NONE = 0,
  MRE_OUTCOME_EXITED = 1,
  MRE_OUTCOME_SIGNALLED = 2,
  MRE_OUTCOME_TIMED_OUT = 3,
  MRE_OUTCOME_CANCELLED = 4,
  MRE_OUTCOME_LOST = 5
};
/* mre_exec.remote_process */
enum { MRE_PROCESS_UNKNOWN = 0, MRE_PROCESS_GONE = 1, MRE_PROCESS_RUNNING = 2 };

typedef struct mre_env {
  mre_str name, value;
} mre_env;

typedef struct mre_exec {
  uint32_t size, flags;
  mre_str host;
  /* Either command, text for the login shell as the user gave it, or argv: words that the host
   * quotes. */
  mre_str command;
  const mre_str *argv;
  size_t argc;
  mre_str working_directory; /* empty: where the login starts */
  const mre_env *environment;
  size_t environment_count;
  mre_source input;    /* read == NULL: no input */
  mre_sink out, err;   /* write == NULL: dropped */
  uint32_t timeout_ms; /* 0: the configured default */
  uint32_t reserved;
  /* For exec_into: more members of the structured result as a JSON object text, and the format of
   * the text block. */
  mre_str extra_json;
  int32_t as_json; /* nonzero: the text block is the structured result */
  /* Results, valid when MRE_OK was returned. */
  int32_t outcome, exit_code, remote_process;
  char signal[32]; /* without SIG */
  uint32_t first_byte_ms, duration_ms;
  uint64_t out_bytes, err_bytes;
  /* For exec_into; NULL: none.  Has the last word on a command that has ended, before its result is
   * rendered: for a tool whose command only leads to the real one (into a container, say).  Runs on
   * the calling thread and may run further commands, with call == NULL when this one was cancelled.
   * It may change ended->remote_process, and nothing else.  out and err: what the result would
   * show. Another status than MRE_OK makes the call a failure with that error. */
  mre_status (*settle)(void *ctx, struct mre_exec *ended, mre_str out, mre_str err_text,
                       mre_error *err);
  void *settle_ctx;
} mre_exec;

typedef struct mre_ssh_api {
  uint32_t size, reserved;
  /* MRE_OK once the command ran, whatever its outcome; anything else means it was not started.
   * Sinks are called on the calling thread. */
  mre_status (*exec)(const mre_host *host, mre_call *call, mre_exec *exec, mre_error *err);
  /* The same, but the output becomes the standard result of the call, as ssh_exec_command gives it:
   * text, structured result, cut in the middle, output_id.  out and err are not called; input is
   * read ahead, at most 16 MiB. */
  mre_status (*exec_into)(const mre_host *host, mre_call *call, mre_exec *exec, mre_error *err);
} mre_ssh_api;

#ifdef __cplusplus
}
#endif
#endif
