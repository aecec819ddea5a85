// See remote_digest.hpp.
#include "core/ssh/remote_digest.hpp"

#include "core/base/guarded.hpp"

#include <mre/shell_quote.hpp>

#include <algorithm>

namespace mre::ssh {

namespace {

constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kKeptOutput =
    4096;                           // a digest is 64 characters; the rest can only be an error text
constexpr int kNotExecutable = 126; // the shell's words for a tool that cannot be run
constexpr int kNotFound = 127;

class Collector final : public ExecObserver {
public:
  std::size_t room() override { return kKeptOutput; }
  void on_output(Stream stream, std::string_view bytes) override {
    std::string &kept = stream == Stream::out ? out_ : err_;
    kept.append(bytes.substr(0, kKeptOutput - std::min(kept.size(), kKeptOutput)));
  }
  void on_end(Result<ExecEnd> end) override {
    end_.with([&](auto &slot) { slot = std::move(end); });
    end_.notify_all();
  }
  // The engine promises on_end exactly once, after the request's timeout at the latest.
  Result<ExecEnd> wait() {
    return end_.wait([](const auto &slot) { return slot.has_value(); },
                     [](auto &slot) { return *std::move(slot); });
  }
  const std::string &out() const { return out_; }
  const std::string &err() const { return err_; }

private:
  std::string out_;
  std::string err_;
  Guarded<std::optional<Result<ExecEnd>>> end_;
};

// The tool reads standard input, so no name can be taken for an option and none comes back escaped.
std::string command_for(const DigestRequest &request) {
  const std::string file = mre::shell_quote(request.path);
  if (request.offset == 0 && !request.bytes) {
    return "sha256sum < " + file;
  }
  std::string command = "tail -c +" + std::to_string(request.offset + 1) + " < " + file;
  if (request.bytes) {
    command += " | head -c " + std::to_string(*request.bytes);
  }
  return command + " | sha256sum";
}

} // namespace

Result<std::string> remote_sha256(Engine &engine, const config::HostConfig &host,
                                  const DigestRequest &request, std::stop_token stop) {
  ExecRequest exec;
  exec.host = host;
  exec.command = command_for(request);
  exec.timeout = request.timeout;
  const auto collector = std::make_shared<Collector>();
  const std::shared_ptr<Execution> execution = engine.start(std::move(exec), collector);
  Result<ExecEnd> ended = [&] {
    const std::stop_callback cancel(stop, [&] { execution->cancel(); });
    return collector->wait();
  }();
  if (!ended) {
    return std::move(ended).error();
  }
  const std::string what = "sha256sum on " + host.name;
  switch (ended->outcome) {
  case Outcome::cancelled:
    return Error{Errc::cancelled, what + " was cancelled", {}};
  case Outcome::lost:
    return Error{Errc::lost, what + ": the connection broke", "try again"};
  case Outcome::timed_out:
    return Error{Errc::timed_out, what + " did not end in time", {}};
  case Outcome::signalled:
    return Error{Errc::remote_failed, what + " was ended by signal " + ended->signal, {}};
  case Outcome::exited:
    break;
  }
  const std::string digest = collector->out().substr(0, kHexDigits);
  const bool is_digest = digest.size() == kHexDigits &&
                         digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (ended->exit_code == 0 && is_digest) {
    return digest;
  }
  if (ended->exit_code == kNotFound || ended->exit_code == kNotExecutable ||
      ended->exit_code == 0) {
    return Error{Errc::unsupported, host.name + " has no sha256sum", "use verify=size"};
  }
  return Error{Errc::remote_failed, what + " failed: " + collector->err(), {}};
}

} // namespace mre::ssh
