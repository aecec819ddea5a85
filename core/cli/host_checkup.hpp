// Walks one host step by step, as a call would go: name, connection, login, command, files.
//
// Promise: stops at the first step the others stand on that fails; runs nothing on the host but
// `echo` and `date`; ends within the host's connect timeout and a few bounded steps. Threads: any
// that may block; several hosts at once. Lifetime: the parts outlive it.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/cli/finding.hpp"
#include "core/config/host.hpp"
#include "core/ssh/engine.hpp"

namespace mre::cli {

struct CheckupParts {
  ssh::Engine &engine;
  const Clock &clock;
  const Log &log;
};

Findings check_host(const CheckupParts &parts, const config::HostConfig &host);

} // namespace mre::cli
