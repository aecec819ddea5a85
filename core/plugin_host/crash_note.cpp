#include "core/plugin_host/crash_note.hpp"

#include "core/plugin_host/code_map.hpp"

#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace mre::plugin_host {
namespace {

thread_local const char *running_plugin = nullptr;
thread_local const char *running_what = nullptr;
thread_local bool is_thread_of_host = false; // plugins were called on it
int note_descriptor = STDERR_FILENO;

// A stack that has run over leaves no room for a handler, so each thread that runs plugins has a
// small second one. A sanitizer's own stays.
class SecondStack {
public:
  SecondStack() {
    stack_t present{};
    if (::sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) {
      return;
    }
    memory_.resize(kHandlerStack + static_cast<std::size_t>(std::max(0L, smallest_stack())));
    stack_t mine{};
    mine.ss_sp = memory_.data();
    mine.ss_size = memory_.size();
    static_cast<void>(::sigaltstack(&mine, nullptr));
  }
  ~SecondStack() {
    stack_t present{};
    if (!memory_.empty() && ::sigaltstack(nullptr, &present) == 0 &&
        present.ss_sp == memory_.data()) {
      stack_t none{};
      none.ss_flags = SS_DISABLE;
      static_cast<void>(::sigaltstack(&none, nullptr));
    }
  }
  SecondStack(const SecondStack &) = delete;
  SecondStack &operator=(const SecondStack &) = delete;

private:
  // note_crash() needs its line, a piece of another stack, and a little more.
  static constexpr std::size_t kHandlerStack = std::size_t{8} << 10U;
  // What the kernel puts there first; it grows with the registers of the machine.
  static long smallest_stack() { return ::sysconf(_SC_MINSIGSTKSZ); }
  std::vector<char> memory_;
};

constexpr int kSoftwareFailure = 70; // EX_SOFTWARE of sysexits(3)
constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

const char *word_of(int number) {
  switch (number) {
  case SIGSEGV:
    return "SIGSEGV";
  case SIGBUS:
    return "SIGBUS";
  case SIGILL:
    return "SIGILL";
  case SIGFPE:
    return "SIGFPE";
  default:
    return "SIGABRT";
  }
}

// Only what signal-safety(7) allows: one buffer on the stack, one write.
struct Line {
  char text[512];
  std::size_t size = 0;
  void add(const char *part) {
    const std::size_t count = std::min(std::strlen(part), sizeof text - size);
    std::memcpy(text + size, part, count);
    size += count;
  }
  void add_plugin(const char *plugin, const char *what) {
    add(" plugin=");
    add(plugin);
    add(" in=\"");
    add(what);
    add("\"");
  }
  void add_running() {
    if (running_plugin != nullptr) {
      add_plugin(running_plugin, running_what);
    }
  }
  void say() {
    add("\n");
    static_cast<void>(!::write(note_descriptor, text, size));
  }
};

struct Registers {
  std::uintptr_t code = 0, stack = 0; // zero: not known on this machine
};

Registers registers_of(const void *context) {
  const auto &machine = static_cast<const ucontext_t *>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
          static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {machine.pc, machine.sp};
#else
  static_cast<void>(machine);
  return {};
#endif
}

// Nobody was called: a thread that a plugin started itself, or a callback on one of the host's.
void add_owner(Line &line, const Registers &at) {
  const char *owner = owner_of_code(at.code);
  if (owner == nullptr && !is_thread_of_host) { // where a stack may hold leavings of calls
    owner = owner_on_stack(at.stack);
  }
  if (owner != nullptr) {
    line.add_plugin(owner, is_thread_of_host ? "code outside a call" : "a thread of its own");
  }
}

extern "C" void note_crash(int number, siginfo_t * /*info*/, void *context) {
  Line line;
  line.add("level=error event=crashed signal=");
  line.add(word_of(number));
  line.add_running();
  if (running_plugin == nullptr) {
    add_owner(line, registers_of(context));
  }
  line.say();
  ::raise(number); // SA_RESETHAND: the default action now
}

// exit() in a plugin ends the server for everybody: said, and told apart from a clean end.
void note_exit() {
  if (running_plugin == nullptr) {
    return;
  }
  Line line;
  line.add("level=error event=exited");
  line.add_running();
  line.say();
  ::_exit(kSoftwareFailure);
}

} // namespace

void install_crash_note(int descriptor) {
  note_descriptor = descriptor;
  static_cast<void>(std::atexit(note_exit));
  for (const int number : kFatal) {
    struct sigaction present {};
    if (::sigaction(number, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) {
      continue;
    }
    struct sigaction mine {};
    mine.sa_sigaction = note_crash;
    mine.sa_flags = static_cast<int>(SA_SIGINFO | SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
    ::sigaction(number, &mine, nullptr);
  }
}

Running::Running(const char *plugin, const char *what)
    : outer_plugin_(running_plugin), outer_what_(running_what) {
  static const thread_local SecondStack second_stack;
  static_cast<void>(second_stack);
  is_thread_of_host = true;
  running_plugin = plugin;
  running_what = what;
}

Running::~Running() {
  running_plugin = outer_plugin_;
  running_what = outer_what_;
}

} // namespace mre::plugin_host
