/* clang-format off */
/* mre/plugin.h - the stable plugin ABI of mcp-remote-exec, version 1.  C11 and C++17; no dependencies.
 *
 * RULES OF THE BOUNDARY
 *  Memory    Nothing is ever freed by the other side.  Inputs are borrowed for the call; outputs are
 *            written into a sink the receiver supplies, or into a struct the receiver owns.
 *  Strings   mre_str is UTF-8 with a length.  const char* appears only in descriptors: it is
 *            NUL-terminated and must stay valid until destroy() returns.
 *  Errors    Fallible functions return mre_status and may fill an mre_error.  No C++ exception,
 *            longjmp, panic or signal may cross in either direction.
 *  Growth    Every struct starts with its size.  Fields are only appended; a missing tail reads as
 *            zero, and zero always means "the cautious default".  Test with MRE_HAS().
 *  Threads   [control]  one call at a time for this plugin, never concurrent with itself
 *            [call]     a host worker; concurrent up to mre_plugin.max_calls (0 means 1)
 *            [any]      any thread, concurrently, between create() and destroy()
 *  Output    stdout belongs to the protocol (what is printed ends in the log, with blame): use mre.log/1.
 *  Unload    Code is never unloaded: destroy() ends the instance, the object stays mapped.
 *
 * Everything in here since 1.0.
 */
#ifndef MRE_PLUGIN_H
#define MRE_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MRE_EXPORT __attribute__((visibility("default")))
#else
#define MRE_EXPORT
#endif
#define MRE_ABI_MINOR 0u /* the major version is in the name of the entry symbol */
/* Does the struct behind p reach as far as member m, and is it set?  For growth at the tail. */
#define MRE_HAS(p, m) ((p)->size >= offsetof(__typeof__(*(p)), m) + sizeof((p)->m) && (p)->m)

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mre_host mre_host; /* one per plugin: it names the caller in logs and audit */
typedef struct mre_call mre_call; /* one tool call, resource read or prompt in flight */

typedef struct mre_str {
  const char *data; /* may be NULL when size is 0 */
  size_t size;
} mre_str;

/* Receives borrowed bytes, zero or more times, in order.  Return nonzero to stop the producer.
 * Not returning is backpressure: the producer waits. */
typedef struct mre_sink {
  void *ctx;
  int32_t (*write)(void *ctx, mre_str chunk);
} mre_sink;

/* Gives bytes: fills at most capacity bytes of buffer and returns how many; 0 is the end, a
 * negative number is a failure that stops the consumer. */
typedef struct mre_source {
  void *ctx;
  int64_t (*read)(void *ctx, char *buffer, size_t capacity);
} mre_source;

/* One frozen number for each error.code a client can see.  Unknown positive values are failures:
 * treat them as MRE_INTERNAL.  Negative values are instructions, not errors. */
typedef int32_t mre_status;
enum {
  MRE_OK = 0,
  MRE_DEFERRED = -1,    /* invoke(): "I kept the call and will finish() it"                       */
  MRE_NEEDS_INPUT = -2, /* a person must answer first: unwind and return this; you run again then */
  MRE_INTERNAL = 1,     /* a defect */
  MRE_BAD_ARGUMENT = 2,
  MRE_NOT_FOUND = 3,
  MRE_ALREADY_EXISTS = 4,
  MRE_DENIED = 5,
  MRE_UNREACHABLE = 6,
  MRE_HOST_KEY_UNKNOWN = 7,
  MRE_HOST_KEY_CHANGED = 8,
  MRE_HOST_KEY_REVOKED = 9,
  MRE_AUTH_FAILED = 10,
  MRE_TIMED_OUT = 11,
  MRE_CANCELLED = 12,
  MRE_TOO_LARGE = 13,
  MRE_LOST = 14,
  MRE_CONFLICT = 15,
  MRE_LIMIT = 16,
  MRE_REMOTE_FAILED = 17,
  MRE_LOCAL_FAILED = 18,
  MRE_UNSUPPORTED = 19,
  MRE_UNAVAILABLE = 20
};

/* A plain value on the caller's stack, so it is thread-safe and has no owner.  The caller sets size. */
typedef struct mre_error {
  uint32_t size;
  mre_status code;
  char message[1024]; /* NUL-terminated UTF-8, cut at a character: what failed, on what, why */
  char hint[512];     /* the next step; may be empty */
} mre_error;

/* ---- What a plugin declares --------------------------------------------------------------- */

/* mre_tool.promises.  A zero mask is the most dangerous tool MCP can describe; each bit is a promise. */
enum {
  MRE_READ_ONLY = 1u << 0,    /* never changes anything: readOnlyHint true; kept by MRE_READ_ONLY=true */
  MRE_ADDITIVE = 1u << 1,     /* destructiveHint false */
  MRE_IDEMPOTENT = 1u << 2,   /* idempotentHint true */
  MRE_CLOSED_WORLD = 1u << 3, /* openWorldHint false */
  MRE_LOCAL_PATHS = 1u << 4,  /* has arguments that name files of the server's machine: hidden from network
                                 principals unless the operator confines them (TRANSFER_ROOT) */
  MRE_TASK = 1u << 5,         /* may run as a task: cancelling it ends what it does far away */
  MRE_TASK_ONLY = 1u << 6     /* runs as a task only; implies MRE_TASK */
};

typedef struct mre_tool {
  uint32_t size, promises;
  const char *name, *title, *description; /* name: 1..128 of [A-Za-z0-9_.-], unique in the server */
  const char *input_schema;               /* JSON Schema 2020-12 text */
  const char *output_schema;              /* the same, or NULL */
  const char *replaces;                   /* "owner:name" of a tool whose wire name this takes, or NULL */
  void *data;                             /* given back to invoke */
  /* [call] arguments is a JSON object that satisfies input_schema.  Returns MRE_OK when the result was
   * given through mre.call/1, MRE_DEFERRED when finish() will follow, MRE_NEEDS_INPUT, or a failure with
   * err filled.  Must be re-entrant: after an answer it is invoked again from the top. */
  mre_status (*invoke)(void *data, mre_call *call, mre_str arguments, mre_error *err);
} mre_tool;

typedef struct mre_suppression {
  uint32_t size, required; /* required: refuse this plugin if nothing matches (fail closed) */
  const char *selector;    /* "name", "owner:name" or "owner:*"; never one's own tools */
  const char *reason;      /* shown by `tools explain`, in the log, and to a caller */
  const char *instead;     /* the tool to use instead, or NULL */
} mre_suppression;

/* ---- Services that a plugin offers to other plugins ----------------------------------------
 *
 * The table of such a service begins with the members of mre_service and goes on with members of type
 * mre_method only, at most 32; size counts them all.  So the host can put itself between without
 * knowing the service: what a consumer gets from host->service(id) is a table of the same shape whose
 * functions hold the provider alive for the call, leave a record in the audit trail, and answer
 * MRE_UNAVAILABLE while the provider is off.  A consumer calls
 * table->name(table->ctx, call, &parameters, &err). */
typedef struct mre_service {
  uint32_t size, reserved;
  void *ctx; /* the first argument of every method */
} mre_service;
/* [call] call: the consumer's, may be NULL; counts as one of the provider's max_calls.  parameters: the
 * struct that the service's header documents for this method; it starts with its uint32_t size and
 * carries what goes in and what comes out. */
typedef mre_status (*mre_method)(void *ctx, mre_call *call, void *parameters, mre_error *err);

/* Valid only inside declare().  Everything is copied before the function returns; it takes effect as
 * one unit after declare() returned MRE_OK, or not at all. */
typedef struct mre_registry {
  uint32_t size, reserved;
  void *ctx;
  mre_status (*tool)(void *ctx, const mre_tool *tool, mre_error *err);            /* [control] */
  mre_status (*suppress)(void *ctx, const mre_suppression *rule, mre_error *err); /* [control] */
  /* [control] Offers a service to other plugins (mre_service, above).  The table must stay valid until
   * destroy().  Consumers find it by host->service(id) once this plugin has declared it: look it up
   * when it is used, not in create(). */
  mre_status (*provide)(void *ctx, const char *id, const void *table, mre_error *err);
} mre_registry;

typedef struct mre_plugin {
  uint32_t size, abi_minor;     /* sizeof(mre_plugin), MRE_ABI_MINOR */
  const char *id, *version;     /* "org.example.thing" (ids without a dot are reserved), "1.4.0" */
  const char *title, *license, *url;
  const char *const *needs;     /* service ids, NULL-terminated; one that is absent: refused; or NULL */
  const char *config_schema;    /* JSON Schema (an object) of this plugin's settings, or NULL.  Each
                                   property may say x-mre-env (the variable it is read from; a third
                                   party's begins with MRE_<NAME>_), x-mre-secret: true, default, bounds */
  uint32_t max_calls, reserved; /* calls at once; 0 means 1, so a beginner's plugin needs no locks */
  /* [control] config: a JSON object that satisfies config_schema.  No network, no waiting in here: it
   * runs before the server answers its first request. */
  mre_status (*create)(const mre_host *host, mre_str config, void **self, mre_error *err);
  /* [control] The only place where anything is registered. */
  mre_status (*declare)(void *self, const mre_registry *registry, mre_error *err);
  /* [control] May be NULL.  declare() follows, and replaces what was declared before. */
  mre_status (*reconfigure)(void *self, mre_str config, mre_error *err);
  /* [control] Ask background work to end; do not block; may come twice; may be NULL. */
  void (*stop)(void *self);
  /* [control] No call, timer or job of this plugin is running any more. */
  void (*destroy)(void *self);
} mre_plugin;

/* The one exported symbol.  No side effects: a scanner calls it without starting the plugin. */
MRE_EXPORT const mre_plugin *mre_plugin_v1(void);

/* ---- What the host offers ----------------------------------------------------------------- */

struct mre_host {
  uint32_t size, abi_minor;
  /* [any] The table of a service by its id ("mre.ssh/1"), NULL when there is none.  The headers
   * under mre/ext/ hold the tables.  A table stays valid until destroy(). */
  const void *(*service)(const mre_host *host, const char *id);
};

#ifdef __cplusplus
}
#endif
#endif
