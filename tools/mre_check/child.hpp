// Runs a check in a child process.
//
// Promise: whatever the child does (returns, throws, prints, crashes, hangs, exits) becomes one
// Report. Threads: one; forks.
#pragma once

#include "tools/mre_check/check.hpp"

#include <chrono>
#include <string>

namespace mre_check {

enum class Verdict { passed, warned, failed, skipped };

struct Report {
  Verdict verdict = Verdict::failed;
  std::string message; // empty when it passed
  std::chrono::milliseconds duration{0};
};

Report run_in_child(const Check &check, Plugin plugin, std::chrono::milliseconds patience);

} // namespace mre_check
