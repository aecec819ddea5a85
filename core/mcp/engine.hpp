// The collaborators that every part of the protocol engine works with. Built and owned by Server.
// Threads: all of them may be used from any. Lifetime: outlives peers and exchanges.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/guard/limits.hpp"
#include "core/guard/redactor.hpp"
#include "core/tools/snapshot.hpp"

#include <chrono>

namespace mre {
class Timer;
}

namespace mre::mcp {

class CallRunner;
class RequestSeal;
class TaskStore;

struct EngineTimes {
  std::chrono::milliseconds input_timeout = limits::kInputTimeout;
  std::chrono::milliseconds list_changed_delay = limits::kListChangedDelay;
  std::chrono::milliseconds task_after = limits::kTaskAfter;
};

struct Engine {
  const tools::Registry &registry;
  CallRunner &runner;
  const guard::Redactor &redactor;
  const Clock &clock;
  const Log &log;
  Timer &timer;
  const RequestSeal &seal;
  TaskStore &tasks;
  EngineTimes times;
};

} // namespace mre::mcp
