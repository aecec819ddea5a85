// The audit trail: one line in audit.jsonl before anything happens and one after.
//
// Promise: each record is one append of less than 4 KiB, so that processes can share the file;
// arguments are redacted and long ones replaced by size and digest. With `required`, a begin that
// cannot be written is an error and the call is refused; so is one while the disk does not take
// what was written before. A record survives the process as soon as it is written, and a machine
// that loses power limits::kAuditSync later or at an orderly end. Threads: any. Lifetime: built by
// main, outlives the engines; the destructor syncs.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/settings.hpp"
#include "core/guard/limits.hpp"

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mre::guard {

class Redactor;

struct AuditBegin {
  std::string call;      // unique id of the call in this process
  std::string principal; // "stdio", "cli", "http:…"
  std::string tool, owner, host;
  Json arguments;
  std::string parent = {}; // the call of the plugin that made this one, or empty
};

struct AuditEnd {
  std::string call;
  std::string tool, owner, host, principal;
  std::string outcome; // "ok", "error", or the outcome word of a command
  std::string code;    // error.code, or empty
  std::optional<int> exit_code;
  std::optional<std::uint64_t> bytes;
  Milliseconds duration{0};
};

struct AuditEffect {
  std::string call; // empty outside a call
  std::string owner, host;
  std::string what; // "exec", "write", "rename", "remove", "surface_widened" …
  Json details;     // redacted and shortened like arguments
};

struct AuditPlace {
  config::AuditMode mode;
  std::string directory;                        // empty: there is none
  Milliseconds sync_after = limits::kAuditSync; // tests have their own time, and disks that fail
  int (*sync)(int file) = ::fdatasync;
};

class Audit {
public:
  Audit(AuditPlace place, const Redactor &redactor, const Clock &clock, const Log &log);
  ~Audit();
  Audit(const Audit &) = delete;
  Audit &operator=(const Audit &) = delete;

  Result<void> begin(const AuditBegin &record); // an error only in mode `required`
  void end(const AuditEnd &record);
  void effect(const AuditEffect &record);
  // For an end without a destructor: what was written is on the disk.
  void sync();

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mre::guard
