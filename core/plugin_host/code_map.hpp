// Whose code an address belongs to: for the last words of a process that crashed on a thread the
// host knows nothing of.
//
// Promise: the two questions are async-signal-safe and touch no memory they were not told of, so
// that a broken stack cannot make them crash. Threads: any. Lifetime: what is remembered stays for
// ever, as the code does (plugins are never unloaded).
#pragma once

#include <cstdint>

namespace mre::plugin_host {

// The whole file that `inside` is a part of is code of this plugin. The program itself is nobody's.
void remember_code(const char *plugin, const void *inside);

// The plugin's id, or null.
const char *owner_of_code(std::uintptr_t address) noexcept;

// The same for the innermost return address on a stack, from its top on: what runs there was
// called by that plugin. Null also when the stack cannot be read.
const char *owner_on_stack(std::uintptr_t top) noexcept;

} // namespace mre::plugin_host
