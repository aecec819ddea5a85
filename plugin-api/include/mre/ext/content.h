/* mre/ext/content.h - mre.resource/1, mre.prompt/1, mre.completion/1.  Since 1.0.
 *
 * The add functions are [control], valid only inside declare(), with the registry that declare()
 * got; everything is copied. Callbacks are [call]; their mre_call takes the functions of mre.call/1
 * too (cancelled, ask, fail). */
#ifndef MRE_EXT_CONTENT_H
#define MRE_EXT_CONTENT_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_RESOURCE "mre.resource/1"
typedef struct mre_resource {
  uint32_t size, is_template; /* is_template: uri is an RFC 6570 template of level 1 */
  const char *uri, *name;
  const char *title, *description, *mime_type; /* may be NULL */
  void *data;
  /* Gives contents through text() or blob().  MRE_NOT_FOUND when the uri names nothing. */
  mre_status (*read)(void *data, mre_call *call, mre_str uri, mre_error *err);
} mre_resource;
typedef struct mre_resource_api {
  uint32_t size, reserved;
  mre_status (*add)(const mre_registry *registry, const mre_resource *resource, mre_error *err);
  mre_status (*text)(mre_call *call, mre_str uri, mre_str mime_type, mre_str utf8);  /* [call] */
  mre_status (*blob)(mre_call *call, mre_str uri, mre_str mime_type, mre_str bytes); /* [call] */
  void (*updated)(const mre_host *host, mre_str uri); /* [any] tells subscribers */
} mre_resource_api;

#define MRE_PROMPT "mre.prompt/1"
typedef struct mre_prompt {
  uint32_t size, reserved;
  const char *name, *title, *description; /* title and description may be NULL */
  const char *arguments; /* JSON array of {"name","description","required"}, or NULL */
  void *data;
  /* arguments: a JSON object of strings.  Gives the result object {"description","messages":[…]} to
   * result(). */
  mre_status (*get)(void *data, mre_call *call, mre_str arguments, mre_error *err);
} mre_prompt;
typedef struct mre_prompt_api {
  uint32_t size, reserved;
  mre_status (*add)(const mre_registry *registry, const mre_prompt *prompt, mre_error *err);
  mre_status (*result)(mre_call *call, mre_str json); /* [call] once */
} mre_prompt_api;

#define MRE_COMPLETION "mre.completion/1"
typedef struct mre_completion {
  uint32_t size, reserved;
  const char *prompt;   /* a prompt's name, or NULL */
  const char *resource; /* a resource template's uri, or NULL */
  void *data;
  /* Writes the values as a JSON array of strings, best first; the host sends at most 100. */
  mre_status (*complete)(void *data, mre_call *call, mre_str argument, mre_str value,
                         mre_str context_json, mre_sink values_json, mre_error *err);
} mre_completion;
typedef struct mre_completion_api {
  uint32_t size, reserved;
  mre_status (*add)(const mre_registry *registry, const mre_completion *completion, mre_error *err);
} mre_completion_api;

#ifdef __cplusplus
}
#endif
#endif
