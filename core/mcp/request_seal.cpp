#include "core/mcp/request_seal.hpp"

#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"
#include "core/base/file.hpp"
#include "core/base/unique_fd.hpp"
#include "core/guard/limits.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace mre::mcp {
namespace {

constexpr std::size_t kKeyBytes = 32; // as long as the digest (RFC 2104 section 3)

Error refused(const std::string &why) {
  return {Errc::denied, "the requestState is " + why,
          "call again without requestState and inputResponses"};
}

// One text for one call: the digest is over a JSON array, so that no two calls run into each other.
std::string binding(const SealedCall &call) {
  return sha256_hex(
      dump_json(Json::array({call.principal, call.method, call.name, call.arguments})));
}

std::int64_t unix_seconds(const Clock &clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

// Written aside and linked into place: another process sees the whole key or none.
Result<void> create_key_file(const std::string &path) {
  const std::string aside = path + "." + random_hex(8);
  const UniqueFd file(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) {
    return error_from_errno(errno, "cannot create " + aside);
  }
  const std::string text = hex_encode(random_bytes(kKeyBytes));
  const bool written =
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int write_problem = errno;
  const bool linked = written && ::link(aside.c_str(), path.c_str()) == 0;
  const int link_problem = errno;
  ::unlink(aside.c_str());
  if (!written) {
    return error_from_errno(write_problem, "cannot write " + aside);
  }
  if (!linked && link_problem != EEXIST) {
    return error_from_errno(link_problem, "cannot create " + path);
  }
  return {};
}

} // namespace

std::string RequestSeal::seal(const SealedCall &call, const SealedRounds &rounds) const {
  const std::int64_t expires =
      unix_seconds(clock_) + std::chrono::seconds(limits::kRequestStateLifetime).count();
  const Json payload = {{"call", binding(call)},
                        {"expires", expires},
                        {"answers", rounds.answers},
                        {"round", rounds.round}};
  const std::string text = dump_json(payload);
  return base64_encode(text) + "." + base64_encode(hmac_sha256(key_, text));
}

Result<SealedRounds> RequestSeal::open(const SealedCall &call, const std::string &state) const {
  const std::size_t dot = state.find('.');
  if (dot == std::string::npos) {
    return refused("altered");
  }
  const auto text = base64_decode(std::string_view(state).substr(0, dot));
  const auto mac = base64_decode(std::string_view(state).substr(dot + 1));
  if (!text || !mac || !equal_in_constant_time(*mac, hmac_sha256(key_, *text))) {
    return refused("altered");
  }
  // From here on it is our own text.
  const auto payload = parse_json(*text);
  if (!payload) {
    return refused("altered");
  }
  if (payload->value("expires", std::int64_t{0}) < unix_seconds(clock_)) {
    return refused("expired");
  }
  if (payload->value("call", "") != binding(call)) {
    return refused("of another call");
  }
  SealedRounds rounds;
  rounds.round = payload->value("round", 0);
  for (const auto &[key, answer] : (*payload)["answers"].items()) {
    rounds.answers[key] = answer;
  }
  return rounds;
}

Result<std::string> load_seal_key(const std::string &state_dir) {
  if (state_dir.empty()) {
    return random_bytes(kKeyBytes);
  }
  MRE_TRY_VOID(make_private_directory(state_dir));
  const std::string path = state_dir + "/secret.key";
  if (::access(path.c_str(), F_OK) != 0) {
    MRE_TRY_VOID(create_key_file(path));
  }
  MRE_TRY(std::string key, read_file(path, kKeyBytes * 2));
  if (key.size() != kKeyBytes * 2) {
    return Error{Errc::conflict,
                 path + " is damaged: it holds " + std::to_string(key.size()) + " bytes",
                 "delete it; a new one is made at the next start"};
  }
  return key;
}

} // namespace mre::mcp
