/* mre/ext/cli.h - mre.cli/1: subcommands of the command line.  Since 1.0.
 *
 * `mcp-remote-exec NAME sweep --dry-run` runs the command "sweep" of the plugin NAME (the file's
 * stem, or its id) with the words behind it.  It needs the configuration, runs under the same audit
 * as a tool, as principal "cli", and only the person at the terminal can start it. */
#ifndef MRE_EXT_CLI_H
#define MRE_EXT_CLI_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_CLI "mre.cli/1"
typedef struct mre_command {
  uint32_t size, reserved;
  const char *name;      /* 1..64 of [a-z0-9-], beginning with a letter; unique in the plugin */
  const char *arguments; /* shown behind the name, "[--dry-run] [AGE]"; NULL: none */
  const char *summary;   /* one line */
  void *data;
  /* [call] words: what stood behind the command, borrowed.  mre.call/1 applies: text() is printed
   * when the command ends (no text at all is fine), progress() is shown on a terminal, ask() asks
   * there, Ctrl-C cancels.  The exit code is 0 for MRE_OK, 2 for MRE_BAD_ARGUMENT (wrong words; the
   * usage is printed), else 1 with the error printed. */
  mre_status (*run)(void *data, mre_call *call, const mre_str *words, size_t count, mre_error *err);
} mre_command;

typedef struct mre_cli_api {
  uint32_t size, reserved;
  /* [control] Only inside declare(), with its registry; everything is copied. */
  mre_status (*add)(const mre_registry *registry, const mre_command *command, mre_error *err);
} mre_cli_api;

#ifdef __cplusplus
}
#endif
#endif
