// One line of the audit: from the values of a record to JSON text below kAuditLine.
//
// Promise: redacted first, shortened afterwards, so that no digest is one of a secret; always a
// whole JSON object and a newline.
// Threads: pure.
#pragma once

#include "core/guard/audit.hpp"
#include "core/guard/redactor.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace mre::guard {

struct AuditStamp {
  std::chrono::system_clock::time_point time;
  std::int64_t pid = 0;
  std::uint64_t sequence = 0;
};

std::string render(const AuditStamp &stamp, const AuditBegin &record, const Redactor &redactor);
std::string render(const AuditStamp &stamp, const AuditEnd &record, const Redactor &redactor);
std::string render(const AuditStamp &stamp, const AuditEffect &record, const Redactor &redactor);

} // namespace mre::guard
