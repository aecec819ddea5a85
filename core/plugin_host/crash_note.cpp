#include "core/plugin_host/crash_note.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace mre::plugin_host {
namespace {

thread_local const char *running_plugin = nullptr;
thread_local const char *running_what = nullptr;

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
};

extern "C" void note_crash(int number) {
  Line line;
  line.add("level=error event=crashed signal=");
  line.add(word_of(number));
  if (running_plugin != nullptr) {
    line.add(" plugin=");
    line.add(running_plugin);
    line.add(" in=\"");
    line.add(running_what);
    line.add("\"");
  }
  line.add("\n");
  static_cast<void>(!::write(STDERR_FILENO, line.text, line.size));
  ::raise(number); // SA_RESETHAND: the default action now
}

} // namespace

void install_crash_note() {
  for (const int number : kFatal) {
    struct sigaction present {};
    if (::sigaction(number, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) {
      continue;
    }
    struct sigaction mine {};
    mine.sa_handler = note_crash;
    mine.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    ::sigaction(number, &mine, nullptr);
  }
}

Running::Running(const char *plugin, const char *what)
    : outer_plugin_(running_plugin), outer_what_(running_what) {
  running_plugin = plugin;
  running_what = what;
}

Running::~Running() {
  running_plugin = outer_plugin_;
  running_what = outer_what_;
}

} // namespace mre::plugin_host
