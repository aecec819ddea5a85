#include "core/builtin/output_collector.hpp"

#include "core/base/utf8.hpp"
#include "core/builtin/shown_output.hpp"
#include "core/guard/limits.hpp"

#include <utility>

namespace mre::builtin {
namespace {

// Half the limit in characters of four bytes, the longest there are.
std::size_t half_window(std::size_t character_limit) {
  return (character_limit + 1) / 2 * 4;
}

constexpr std::size_t kProgressLine =
    120; // characters of output in a progress message: one line of a terminal

// The last line of the chunk that is not blank.
std::string last_line_of(std::string_view bytes) {
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) {
    bytes.remove_suffix(1);
  }
  const std::size_t begin = bytes.find_last_of("\r\n");
  std::string text =
      utf8::repair(begin == std::string_view::npos ? bytes : bytes.substr(begin + 1));
  text.resize(utf8::prefix_bytes(text, kProgressLine));
  return text;
}

} // namespace

OutputCollector::OutputCollector(const ExecServices &services,
                                 std::shared_ptr<tools::CallContext> call,
                                 std::size_t character_limit, Done done)
    : spool_(services.spool), call_(std::move(call)), character_limit_(character_limit),
      done_(std::move(done)), sides_{Side{guard::Redactor::Stream(services.redactor),
                                          OutputWindow(half_window(character_limit)), 0},
                                     Side{guard::Redactor::Stream(services.redactor),
                                          OutputWindow(half_window(character_limit)), 0}} {}

std::size_t OutputCollector::room() {
  return limits::kPendingOutput;
}

void OutputCollector::on_output(ssh::Stream stream, std::string_view bytes) {
  Side &from = side(stream);
  from.raw_bytes += bytes.size();
  const std::string redacted = from.redact.push(bytes);
  keep(stream, redacted);
  if (call_->wants_progress()) {
    report(redacted);
  }
}

void OutputCollector::on_end(Result<ssh::ExecEnd> end) {
  for (const ssh::Stream stream : {ssh::Stream::out, ssh::Stream::err}) {
    keep(stream, side(stream).redact.finish());
  }
  if (writer_ == nullptr &&
      needs_cut(window(ssh::Stream::out), window(ssh::Stream::err), character_limit_)) {
    start_spool();
  }
  writer_.reset();
  const Done done = std::exchange(done_, nullptr);
  call_.reset();
  done(*this, std::move(end));
}

void OutputCollector::keep(ssh::Stream stream, std::string_view redacted) {
  if (redacted.empty()) {
    return;
  }
  OutputWindow &window = side(stream).window;
  // The moment before something would be dropped from memory: until here both windows hold
  // everything.
  if (window.total_bytes() + redacted.size() > window.capacity()) {
    start_spool();
  }
  window.add(redacted);
  if (writer_) {
    writer_->write(stream, redacted);
  }
}

void OutputCollector::start_spool() {
  if (std::exchange(spool_tried_, true)) {
    return;
  }
  auto writer = spool_.open();
  if (!writer) {
    return; // the result then says that the rest is kept nowhere: it has no output_id
  }
  writer_ = std::move(writer).value();
  output_id_ = writer_->output_id();
  for (const ssh::Stream stream : {ssh::Stream::out, ssh::Stream::err}) {
    const OutputWindow &held = side(stream).window;
    writer_->write(stream, held.head());
    writer_->write(stream, held.tail());
  }
}

void OutputCollector::report(std::string_view redacted) {
  const std::uint64_t bytes = sides_[0].raw_bytes + sides_[1].raw_bytes;
  const std::uint64_t lines = sides_[0].window.line_ends() + sides_[1].window.line_ends();
  std::string message = std::to_string(lines) + " lines, " + std::to_string(bytes) + " bytes";
  const std::string line = last_line_of(
      redacted.substr(redacted.size() - std::min<std::size_t>(redacted.size(), 4 * kProgressLine)));
  if (!line.empty()) {
    message += ": " + line;
  }
  call_->report_progress(static_cast<double>(bytes), std::nullopt, message);
}

} // namespace mre::builtin
