#include "core/mcp/request_seal.hpp"

#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"

#include <chrono>
#include <utility>

namespace mre::mcp {
namespace {

constexpr std::size_t kInstanceBytes = 8; // told apart, not kept secret

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

std::string sealed(const std::string &key, const std::string &text) {
  return base64_encode(text) + "." + base64_encode(hmac_sha256(key, text));
}

Json asked_json(const std::vector<tools::InputRequest> &asked) {
  Json list = Json::array();
  for (const auto &question : asked) {
    list.push_back(
        {{"key", question.key}, {"method", question.method}, {"params", question.params}});
  }
  return list;
}

} // namespace

RequestSeal::RequestSeal(std::string key, const Clock &clock)
    : key_(std::move(key)), instance_(random_hex(kInstanceBytes)), clock_(clock) {}

std::string RequestSeal::seal(const SealedCall &call, const SealedRounds &rounds) const {
  const std::int64_t expires =
      unix_seconds(clock_) + std::chrono::seconds(limits::kRequestStateLifetime).count();
  const std::uint64_t serial = window_.with([](Window &window) {
    ++window.last;
    window.used.reset(window.last % limits::kRequestStates);
    return window.last;
  });
  const Json payload = {{"call", binding(call)},
                        {"expires", expires},
                        {"instance", instance_},
                        {"serial", serial},
                        {"answers", rounds.answers},
                        {"round", rounds.round},
                        {"asked", asked_json(rounds.asked)}};
  const std::string text = dump_json(payload);
  return sealed(key_, text);
}

Result<SealedRounds> RequestSeal::open(const SealedCall &call, const std::string &state) const {
  const std::size_t dot = state.find('.');
  if (dot == std::string::npos) {
    return refused("altered");
  }
  const auto text = base64_decode(std::string_view(state).substr(0, dot));
  // The whole state as it was given out: base64 has spellings that decode to the same bytes.
  if (!text || !equal_in_constant_time(state, sealed(key_, *text))) {
    return refused("altered");
  }
  // From here on it is our own text.
  const auto payload = parse_json(*text);
  if (!payload) {
    return refused("altered");
  }
  if (payload->value("expires", std::int64_t{0}) < unix_seconds(clock_) ||
      payload->value("instance", "") != instance_) {
    return refused("expired");
  }
  if (payload->value("call", "") != binding(call)) {
    return refused("of another call");
  }
  SealedRounds rounds;
  rounds.round = payload->value("round", 0);
  rounds.serial = payload->value("serial", std::uint64_t{0});
  for (const auto &[key, answer] : (*payload)["answers"].items()) {
    rounds.answers[key] = answer;
  }
  for (const auto &question : (*payload)["asked"]) {
    rounds.asked.push_back({question.value("key", ""), question.value("method", ""),
                            question.value("params", Json::object())});
  }
  return rounds;
}

Result<void> RequestSeal::use(const SealedRounds &rounds) const {
  enum class Turn { first, second, too_late };
  const Turn turn = window_.with([&](Window &window) {
    if (rounds.serial + limits::kRequestStates <= window.last) {
      return Turn::too_late;
    }
    const std::size_t place = rounds.serial % limits::kRequestStates;
    if (window.used.test(place)) {
      return Turn::second;
    }
    window.used.set(place);
    return Turn::first;
  });
  switch (turn) {
  case Turn::too_late:
    return refused("expired");
  case Turn::second:
    return refused("used already");
  case Turn::first:
    break;
  }
  return {};
}

} // namespace mre::mcp
