// Who was running when the process died: the last words of a server whose plugin crashed.
//
// Promise: while a Running exists, a fatal signal on its thread writes one line that names the
// plugin and what it was doing, then ends the process as the signal would have; also when the
// thread's stack has run over. On a thread without one, a plugin that remember_code() knows is
// named when the signal came out of its code, or, where the host never called a plugin, out of code
// that it called. exit() out of a plugin is told in the same way and is exit 70. Nobody else is
// named. A handler that is there already (a sanitizer's, a debugger's) stays. Threads:
// install_crash_note() once, from main; Running on any thread, nested ones restore the outer.
// Lifetime: the texts outlive the object.
#pragma once

#include <unistd.h>

namespace mre::plugin_host {

void install_crash_note(int descriptor = STDERR_FILENO);

class Running {
public:
  Running(const char *plugin, const char *what);
  ~Running();
  Running(const Running &) = delete;
  Running &operator=(const Running &) = delete;

private:
  const char *const outer_plugin_;
  const char *const outer_what_;
};

} // namespace mre::plugin_host
