#include "core/guard/audit.hpp"

#include "core/base/guarded.hpp"
#include "core/guard/audit_file.hpp"
#include "core/guard/audit_record.hpp"
#include "core/guard/disk_sync.hpp"
#include "core/guard/limits.hpp"

#include <unistd.h>

#include <utility>

namespace mre::guard {

struct Audit::State {
  struct Writer {
    AuditFile file;
    std::uint64_t sequence = 0;
    bool has_warned = false; // once per spell of trouble, not once per call
  };

  const AuditPlace place;
  const Redactor &redactor;
  const Clock &clock;
  const Log &log;
  Guarded<Writer> writer;
  DiskSync disk{
      limits::kAuditSync,
      {[this] { return writer.with([](Writer &value) { return value.file.take_unsynced(); }); },
       [this](const Error &error) { warn("audit_sync_failed", error); }, place.sync}};

  void warn(const char *what, const Error &error) const {
    log.warn(what, {{"reason", error.message}, {"hint", error.hint}});
  }

  template <class Record>
  Result<void> write(const Record &record) {
    if (place.mode == config::AuditMode::off) {
      return {};
    }
    bool must_warn = false;
    Result<void> result = writer.with([&](Writer &value) -> Result<void> {
      // The number is taken where the line is written, so that numbers and lines have one order.
      const AuditStamp stamp{clock.wall(), ::getpid(), ++value.sequence};
      Result<void> written = append(value, render(stamp, record, redactor));
      must_warn = !written && !value.has_warned;
      value.has_warned = !written;
      return written;
    });
    if (must_warn) {
      warn("audit_failed", result.error());
    }
    if (result) {
      disk.wanted();
    }
    return result;
  }

  Result<void> append(Writer &value, const std::string &line) const {
    if (place.directory.empty()) {
      return Error{Errc::not_found, "there is no place for the audit trail",
                   "set MRE_STATE_DIR, XDG_STATE_HOME or HOME"};
    }
    return value.file.append(line);
  }
};

// NOLINTNEXTLINE(performance-unnecessary-value-param): its folder is needed after the place is kept
Audit::Audit(AuditPlace place, const Redactor &redactor, const Clock &clock, const Log &log)
    : state_(
          new State{place, redactor, clock, log,
                    Guarded<State::Writer>(State::Writer{
                        AuditFile(place.directory, {limits::kAuditFileBytes, limits::kAuditFiles}),
                        0, false})}) {}

Audit::~Audit() = default;

Result<void> Audit::begin(const AuditBegin &record) {
  Result<void> written = state_->write(record);
  if (state_->place.mode != config::AuditMode::required) {
    return {};
  }
  if (written && state_->disk.has_failed()) {
    written = state_->disk.now();
  }
  if (written) {
    return {};
  }
  return Error{Errc::denied,
               "the call was not made, because MRE_AUDIT is required and the audit trail cannot be "
               "written: " +
                   written.error().message,
               written.error().hint.empty() ? "make " + state_->place.directory + " writable"
                                            : written.error().hint};
}

void Audit::end(const AuditEnd &record) {
  static_cast<void>(state_->write(record));
}
void Audit::effect(const AuditEffect &record) {
  static_cast<void>(state_->write(record));
}
void Audit::sync() {
  static_cast<void>(state_->disk.now());
}

} // namespace mre::guard
