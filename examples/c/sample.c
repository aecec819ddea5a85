/* sample - a plugin in C11: one tool that asks the default host for its kernel.
 *
 * Threads: max_calls is 0, so the host runs one call at a time and nothing here needs a lock.
 */
#include <mre/ext/call.h>
#include <mre/ext/ssh.h>
#include <mre/plugin.h>

#include <stdlib.h>
#include <string.h>

typedef struct sample {
  const mre_host *host;
  const mre_call_api *call;
  const mre_ssh_api *ssh;
} sample;

typedef struct text {
  size_t size;
  char data[1024];
} text;

static mre_str str(const char *data) {
  mre_str result = {data, strlen(data)};
  return result;
}

/* Receives output. What does not fit is dropped: a kernel's name is short. */
static int32_t append(void *ctx, mre_str chunk) {
  text *into = ctx;
  size_t room = sizeof into->data - into->size;
  size_t count = chunk.size < room ? chunk.size : room;
  memcpy(into->data + into->size, chunk.data, count);
  into->size += count;
  return 0;
}

static mre_status kernel(void *data, mre_call *call, mre_str arguments, mre_error *err) {
  sample *self = data;
  text out = {0, ""};
  mre_str words[] = {{"uname", 5}, {"-sr", 3}};
  mre_exec exec;
  mre_status status;
  mre_str result;
  (void)arguments; /* the schema admits none */
  memset(&exec, 0, sizeof exec);
  exec.size = sizeof exec;
  exec.argv = words;
  exec.argc = 2;
  exec.out.ctx = &out;
  exec.out.write = append;
  status = self->ssh->exec(self->host, call, &exec, err);
  if (status != MRE_OK) {
    return status; /* err says why: it goes to the client as it is */
  }
  if (exec.outcome != MRE_OUTCOME_EXITED || exec.exit_code != 0) {
    return self->call->fail(call, MRE_REMOTE_FAILED, str("uname did not succeed"), str(""));
  }
  while (out.size > 0 && out.data[out.size - 1] == '\n') {
    --out.size;
  }
  result.data = out.data;
  result.size = out.size;
  return self->call->text(call, result);
}

static mre_status create(const mre_host *host, mre_str config, void **out, mre_error *err) {
  sample *self = calloc(1, sizeof *self);
  (void)config;
  if (self == NULL) {
    err->code = MRE_INTERNAL;
    strcpy(err->message, "out of memory");
    return MRE_INTERNAL;
  }
  self->host = host;
  self->call = host->service(host, MRE_CALL);
  self->ssh = host->service(host, MRE_SSH);
  if (self->call == NULL || self->ssh == NULL) {
    free(self);
    err->code = MRE_UNAVAILABLE;
    strcpy(err->message, "this plugin needs " MRE_CALL " and " MRE_SSH);
    return MRE_UNAVAILABLE;
  }
  *out = self;
  return MRE_OK;
}

static mre_status declare(void *self, const mre_registry *registry, mre_error *err) {
  mre_tool tool;
  memset(&tool, 0, sizeof tool);
  tool.size = sizeof tool;
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.name = "sample_kernel";
  tool.title = "Kernel";
  tool.description = "The kernel that runs on the default host.";
  tool.input_schema = "{\"type\":\"object\",\"additionalProperties\":false}";
  tool.data = self;
  tool.invoke = kernel;
  return registry->tool(registry->ctx, &tool, err);
}

static void destroy(void *self) {
  free(self);
}

MRE_EXPORT const mre_plugin *mre_plugin_v1(void) {
  static const char *const needs[] = {MRE_CALL, MRE_SSH, NULL};
  static const mre_plugin plugin = {.size = sizeof plugin,
                                    .abi_minor = MRE_ABI_MINOR,
                                    .id = "org.example.sample",
                                    .version = "0.1.0",
                                    .title = "Sample",
                                    .license = "MIT",
                                    .url = "",
                                    .needs = needs,
                                    .create = create,
                                    .declare = declare,
                                    .destroy = destroy};
  return &plugin;
}
