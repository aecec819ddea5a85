// See keyboard_answers.hpp.
#include "core/ssh/keyboard_answers.hpp"

#include "core/ssh/wire.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace mre::ssh {

namespace {

// PAM asks once per attempt; a server that keeps asking has refused the answer.
constexpr int kMostAnswers = 3;
constexpr std::size_t kPromptShown = 80;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// A prompt as it may stand in a message: printable, short.
std::string shown_prompt(std::string_view prompt) {
  std::string out;
  for (const char c : prompt.substr(0, kPromptShown)) {
    out += c >= ' ' && c < 0x7f ? c : ' ';
  }
  while (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

} // namespace

bool asks_for_password(std::string_view prompt) {
  const std::string text = lower(prompt);
  const auto has = [&](std::string_view word) { return text.find(word) != std::string::npos; };
  constexpr std::array words{"password", "passwort", "passwd", "mot de passe", "contrase"};
  constexpr std::array others{"new",   "one-time", "one time",     "otp",     "code",
                              "token", "neues",    "verification", "passcode"};
  return std::any_of(words.begin(), words.end(), has) &&
         std::none_of(others.begin(), others.end(), has);
}

LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer_keyboard) {
  static_cast<void>(name);
  static_cast<void>(name_len);
  static_cast<void>(instruction);
  static_cast<void>(instruction_len);
  auto *answers = static_cast<KeyboardAnswers *>(static_cast<Wire *>(*abstract)->login_state);
  for (int i = 0; i < num_prompts; ++i) {
    responses[i].text = nullptr;
    responses[i].length = 0;
    const std::string_view prompt(reinterpret_cast<const char *>(prompts[i].text),
                                  prompts[i].length);
    if (answers == nullptr || prompts[i].echo != 0 || !asks_for_password(prompt)) {
      if (answers != nullptr && answers->refused_prompt.empty()) {
        answers->refused_prompt = shown_prompt(prompt);
      }
      continue;
    }
    if (++answers->given > kMostAnswers) {
      continue;
    }
    responses[i].text =
        static_cast<char *>(std::malloc(answers->password.size() + 1)); // freed by libssh2
    if (responses[i].text != nullptr) {
      std::memcpy(responses[i].text, answers->password.c_str(), answers->password.size() + 1);
      responses[i].length = static_cast<unsigned int>(answers->password.size());
    }
  }
}

} // namespace mre::ssh
