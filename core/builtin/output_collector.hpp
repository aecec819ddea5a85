// Takes the output of a command as it comes: redacts, keeps head and tail, spools what a result
// cannot hold.
//
// Promise: memory is bounded by the character limit, whatever is printed; every byte passes the
// redactor before it is kept, reported or written to disk. Small outputs never touch the disk.
// Threads: that of the engine only, as ssh::ExecObserver says. Lifetime: the engine holds it until
// on_end() returned.
#pragma once

#include "core/builtin/exec_call.hpp"
#include "core/builtin/output_window.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>

namespace mre::builtin {

class OutputCollector final : public ssh::ExecObserver {
public:
  using Done = std::function<void(OutputCollector &, Result<ssh::ExecEnd>)>;

  OutputCollector(const ExecServices &services, std::shared_ptr<tools::CallContext> call,
                  std::size_t character_limit, Done done);

  std::size_t room() override;
  void on_output(ssh::Stream stream, std::string_view bytes) override;
  void on_end(Result<ssh::ExecEnd> end) override;

  // After the end.
  const OutputWindow &window(ssh::Stream stream) const { return side(stream).window; }
  std::uint64_t bytes(ssh::Stream stream) const { return side(stream).raw_bytes; }
  // Empty when everything is shown, or nothing could be kept.
  const std::string &output_id() const { return output_id_; }

private:
  struct Side {
    guard::Redactor::Stream redact;
    OutputWindow window;
    std::uint64_t raw_bytes = 0;
  };
  Side &side(ssh::Stream stream) { return sides_[stream == ssh::Stream::out ? 0 : 1]; }
  const Side &side(ssh::Stream stream) const { return sides_[stream == ssh::Stream::out ? 0 : 1]; }

  void keep(ssh::Stream stream, std::string_view redacted);
  void start_spool();
  void report(std::string_view redacted);

  ssh::OutputSpool &spool_;
  std::shared_ptr<tools::CallContext>
      call_; // let go at the end: an engine may hold its observers longer
  const std::size_t character_limit_;
  Done done_;
  std::array<Side, 2> sides_;
  std::unique_ptr<ssh::OutputSpool::Writer> writer_;
  bool spool_tried_ = false;
  std::string output_id_;
};

} // namespace mre::builtin
