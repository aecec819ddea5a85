/* A module of PAM for tests: asks what its arguments say, and compares.
 *
 * Arguments, in order: show:TEXT, echo:PROMPT=ANSWER, hidden:PROMPT=ANSWER; "_" stands for a blank.
 * The first wrong answer ends it. What it needs of libpam is declared here (Linux-PAM's ABI), so
 * that no headers have to be installed.  Threads: one, sshd's.  Lifetime: one login. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include <stdlib.h>
#include <string.h>

typedef struct pam_handle pam_handle_t;
struct pam_message {
  int style;
  const char *text;
};
struct pam_response {
  char *text;
  int unused;
};
struct pam_conv {
  int (*ask)(int count, const struct pam_message **messages, struct pam_response **responses,
             void *data);
  void *data;
};
extern int pam_get_item(const pam_handle_t *handle, int kind, const void **item);

enum { kSuccess = 0, kAuthError = 7, kConversation = 5 };
enum { kHidden = 1, kEcho = 2, kShow = 4 };

/* What comes after the kind, with blanks; cut at "=", which answer is left at. */
static char *words_of(const char *argument, char **answer) {
  char *words = strdup(strchr(argument, ':') + 1);
  *answer = words == NULL ? NULL : strchr(words, '=');
  if (*answer != NULL) {
    *(*answer)++ = '\0';
  }
  for (char *at = words; at != NULL && *at != '\0'; ++at) {
    *at = *at == '_' ? ' ' : *at;
  }
  return words;
}

static int ask(const struct pam_conv *conversation, const char *argument) {
  const int style = strncmp(argument, "echo:", 5) == 0   ? kEcho
                    : strncmp(argument, "show:", 5) == 0 ? kShow
                                                         : kHidden;
  char *answer = NULL;
  char *words = words_of(argument, &answer);
  const struct pam_message message = {style, words};
  const struct pam_message *messages = &message;
  struct pam_response *response = NULL;
  int is_right =
      words != NULL && conversation->ask(1, &messages, &response, conversation->data) == kSuccess;
  if (is_right && style != kShow) {
    is_right = answer != NULL && response != NULL && response->text != NULL &&
               strcmp(response->text, answer) == 0;
  }
  if (response != NULL) {
    free(response->text);
    free(response);
  }
  free(words);
  return is_right;
}

int pam_sm_authenticate(pam_handle_t *handle, int flags, int argc, const char **argv) {
  const void *item = NULL;
  (void)flags;
  if (pam_get_item(handle, kConversation, &item) != kSuccess || item == NULL) {
    return kAuthError;
  }
  for (int i = 0; i < argc; ++i) {
    if (strchr(argv[i], ':') == NULL || !ask(item, argv[i])) {
      return kAuthError;
    }
  }
  return kSuccess;
}

int pam_sm_setcred(pam_handle_t *handle, int flags, int argc, const char **argv) {
  (void)handle;
  (void)flags;
  (void)argc;
  (void)argv;
  return kSuccess;
}
