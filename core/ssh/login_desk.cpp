// See login_desk.hpp.
#include "core/ssh/login_desk.hpp"

#include "core/guard/limits.hpp"
#include "core/ssh/place.hpp"

#include <utility>

namespace mre::ssh {

LoginQuestion question_about_key(const config::HostConfig &host, const HostKey &key) {
  LoginQuestion question;
  question.fingerprint = fingerprint(key);
  question.id = "host_key:" + host.name + ":" + question.fingerprint;
  question.place = place(host);
  question.user = host.user;
  question.key = key;
  question.file = host.known_hosts_files.front();
  return question;
}

void LoginDesk::ask(LoginQuestion question) {
  state_.with([&](State &state) {
    state.question = std::move(question);
    state.is_settled = false;
  });
}

std::optional<std::vector<std::string>> LoginDesk::words(const std::string &id) const {
  return state_.with([&](const State &state) -> std::optional<std::vector<std::string>> {
    const auto found = state.words.find(id);
    if (found == state.words.end() ||
        clock_.now() - found->second.given > limits::kLoginWordsKept) {
      return std::nullopt;
    }
    return found->second.words;
  });
}

// Until then the words stay: a login that has a second question runs again from the top.
void LoginDesk::ended_without_question() {
  state_.with([](State &state) {
    if (!state.is_settled || !state.question->key) {
      state.question.reset();
      state.is_settled = false;
    }
    state.words.clear();
  });
}

std::string LoginDesk::certificate() const {
  return state_.with([](const State &state) { return state.certificate; });
}

void LoginDesk::keep_certificate(std::string certificate) {
  state_.with([&](State &state) { state.certificate = std::move(certificate); });
}

std::optional<LoginQuestion> LoginDesk::question() const {
  return state_.with(
      [](const State &state) { return state.is_settled ? std::nullopt : state.question; });
}

std::optional<LoginQuestion> LoginDesk::settled_question() const {
  return state_.with(
      [](const State &state) { return state.is_settled ? state.question : std::nullopt; });
}

void LoginDesk::settle(const std::string &id, std::vector<std::string> words) {
  state_.with([&](State &state) {
    if (!state.question || state.question->id != id || state.is_settled) {
      return; // somebody else was quicker
    }
    if (!words.empty()) {
      state.words[id] = {std::move(words), clock_.now()};
    }
    state.is_settled = true;
    ++state.settled;
  });
}

std::uint64_t LoginDesk::settled() const {
  return state_.with([](const State &state) { return state.settled; });
}

} // namespace mre::ssh
