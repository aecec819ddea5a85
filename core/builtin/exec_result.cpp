#include "core/builtin/exec_result.hpp"

#include <optional>

namespace mre::builtin {
namespace {

using ssh::Outcome;
using ssh::RemoteProcess;

std::string seconds_of(std::chrono::milliseconds span) {
  const auto whole = span.count() / 1000;
  const auto rest = span.count() % 1000;
  return std::to_string(whole) + (rest == 0 ? "" : "." + std::to_string(rest / 100)) + " s";
}

std::string first_line(const ExecOutcome &outcome) {
  switch (outcome.end.outcome) {
  case Outcome::exited:
    return "=== EXIT CODE: " + std::to_string(outcome.end.exit_code.value_or(-1)) + " ===";
  case Outcome::signalled:
    return "=== SIGNALLED: " + outcome.end.signal + " ===";
  case Outcome::timed_out:
    return "=== TIMED OUT after " + seconds_of(outcome.timeout) + " ===";
  case Outcome::cancelled:
    return "=== CANCELLED ===";
  case Outcome::lost:
    return "=== LOST ===";
  }
  return "=== LOST ===";
}

std::string fate(RemoteProcess process) {
  switch (process) {
  case RemoteProcess::gone:
    return "the remote process is gone";
  case RemoteProcess::still_running:
    return "the remote process is still running";
  case RemoteProcess::unknown:
    return "whether the remote process still runs is unknown";
  }
  return {};
}

std::optional<Error> error_of(const ExecOutcome &outcome) {
  const std::string ending = fate(outcome.end.remote_process);
  switch (outcome.end.outcome) {
  case Outcome::exited:
    return std::nullopt;
  case Outcome::signalled:
    return Error{Errc::remote_failed,
                 "the command on " + outcome.host + " was ended by signal " + outcome.end.signal,
                 "the output up to then is kept"};
  case Outcome::timed_out:
    return Error{Errc::timed_out,
                 "the command on " + outcome.host + " lasted longer than " +
                     seconds_of(outcome.timeout) + "; " + ending,
                 "give a larger timeout, or let it run in the background"};
  case Outcome::cancelled:
    return Error{Errc::cancelled, "the command on " + outcome.host + " was cancelled; " + ending,
                 "the output up to then is kept"};
  case Outcome::lost:
    return Error{Errc::lost,
                 "the connection to " + outcome.host + " died while the command ran; " + ending,
                 "see what it did before running it again; the next call reconnects"};
  }
  return std::nullopt;
}

Json structured_of(const ExecOutcome &outcome, const ExecForm &form,
                   const std::optional<Error> &error) {
  const ssh::ExecEnd &end = outcome.end;
  Json out = form.extra.is_object() ? form.extra : Json::object();
  out["host"] = outcome.host;
  out["outcome"] = to_word(end.outcome);
  out["exit_code"] =
      end.outcome == Outcome::exited && end.exit_code ? Json(*end.exit_code) : Json();
  out["signal"] = end.outcome == Outcome::signalled ? Json(end.signal) : Json();
  out["stdout"] = outcome.shown.out.text;
  out["stderr"] = outcome.shown.err.text;
  out["stdout_encoding"] = outcome.shown.out.base64 ? "base64" : "utf-8";
  out["stderr_encoding"] = outcome.shown.err.base64 ? "base64" : "utf-8";
  out["stdout_bytes"] = outcome.out_bytes;
  out["stderr_bytes"] = outcome.err_bytes;
  out["truncated"] = outcome.shown.out.cut || outcome.shown.err.cut;
  out["output_id"] = outcome.output_id.empty() ? Json() : Json(outcome.output_id);
  out["duration_ms"] = end.duration.count();
  out["remote_process"] = to_word(end.remote_process);
  if (error) {
    out["error"] = {
        {"code", to_word(error->code)}, {"message", error->message}, {"hint", error->hint}};
  }
  return out;
}

std::string section(std::string_view title, const ShownStream &stream) {
  if (stream.text.empty()) {
    return {};
  }
  std::string text =
      "=== " + std::string(title) + (stream.base64 ? " (base64)" : "") + " ===\n" + stream.text;
  if (text.back() != '\n') {
    text += '\n';
  }
  return text;
}

std::string text_of(const ExecOutcome &outcome, const std::optional<Error> &error) {
  std::string text = first_line(outcome) + "\n";
  if (error) {
    text +=
        std::string(to_word(error->code)) + ": " + error->message + ". Next: " + error->hint + "\n";
  }
  text += section("STDOUT", outcome.shown.out);
  text += section("STDERR", outcome.shown.err);
  text += "Host: " + outcome.host + ", user: " + outcome.user +
          ", duration: " + std::to_string(outcome.end.duration.count()) + " ms";
  if (!error && outcome.end.remote_process != RemoteProcess::gone) {
    text += ", remote process: " + std::string(to_word(outcome.end.remote_process));
  }
  return text;
}

} // namespace

// No member is required: a call that fails before the host is reached has `error` alone.
const char *const kExecOutputSchema =
    R"({"type":"object","properties":{"host":{"type":"string"},)"
    R"("outcome":{"enum":["exited","signalled","timed_out","cancelled","lost"]},)"
    R"("exit_code":{"type":["integer","null"]},"signal":{"type":["string","null"]},)"
    R"("stdout":{"type":"string"},"stderr":{"type":"string"},)"
    R"("stdout_encoding":{"enum":["utf-8","base64"]},"stderr_encoding":{"enum":["utf-8","base64"]},)"
    R"("stdout_bytes":{"type":"integer"},"stderr_bytes":{"type":"integer"},"truncated":{"type":"boolean"},)"
    R"("output_id":{"type":["string","null"]},"duration_ms":{"type":"integer"},)"
    R"("remote_process":{"enum":["gone","still_running","unknown"]},"error":{"type":"object"}}})";

tools::ToolResult render_exec(const ExecOutcome &outcome, const ExecForm &form) {
  tools::ToolResult result;
  result.error = error_of(outcome);
  result.content_is_complete = true;
  Json structured = structured_of(outcome, form, result.error);
  result.content.push_back(
      {{"type", "text"},
       {"text", form.as_json ? dump_json(structured) : text_of(outcome, result.error)}});
  result.structured = std::move(structured);
  return result;
}

} // namespace mre::builtin
