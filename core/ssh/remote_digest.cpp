// See remote_digest.hpp.
#include "core/ssh/remote_digest.hpp"

#include "core/ssh/run_and_collect.hpp"

#include <mre/shell_quote.hpp>

namespace mre::ssh {

namespace {

constexpr std::size_t kHexDigits = 64;
constexpr int kNotExecutable = 126; // the shell's words for a tool that cannot be run
constexpr int kNotFound = 127;

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
  MRE_TRY(const Collected ran, run_and_collect(engine, std::move(exec), std::move(stop)));
  const std::string what = "sha256sum on " + host.name;
  switch (ran.end.outcome) {
  case Outcome::cancelled:
    return Error{Errc::cancelled, what + " was cancelled", {}};
  case Outcome::lost:
    return Error{Errc::lost, what + ": the connection broke", "try again"};
  case Outcome::timed_out:
    return Error{Errc::timed_out, what + " did not end in time", {}};
  case Outcome::signalled:
    return Error{Errc::remote_failed, what + " was ended by signal " + ran.end.signal, {}};
  case Outcome::exited:
    break;
  }
  const std::string digest = ran.out.substr(0, kHexDigits);
  const bool is_digest = digest.size() == kHexDigits &&
                         digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (ran.end.exit_code == 0 && is_digest) {
    return digest;
  }
  const int code = ran.end.exit_code.value_or(0);
  if (code == kNotFound || code == kNotExecutable || code == 0) {
    return Error{Errc::unsupported, host.name + " has no sha256sum", "use verify=size"};
  }
  return Error{Errc::remote_failed, what + " failed: " + ran.err, {}};
}

} // namespace mre::ssh
