// See keyboard_answers.hpp.
#include "core/ssh/keyboard_answers.hpp"

#include "core/base/digest.hpp"
#include "core/base/utf8.hpp"
#include "core/ssh/place.hpp"
#include "core/ssh/wire.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mre::ssh {

namespace {

// PAM asks once per attempt; a server that keeps asking has refused the answer.
constexpr int kMostAnswers = 3;
// Code points of a prompt that are shown: a line of a dialogue.
constexpr std::size_t kPromptShown = 80;
constexpr std::size_t kIdDigits = 16;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

template <std::size_t N>
bool has_any(const std::string &text, const std::array<std::string_view, N> &words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

constexpr std::array<std::string_view, 6> kPasswordWords{"password",     "passwort", "passwd",
                                                         "mot de passe", "contrase", "kennwort"};
constexpr std::array<std::string_view, 9> kOtherWords{
    "new", "one-time", "one time", "otp", "code", "token", "neues", "verification", "passcode"};
constexpr std::array<std::string_view, 3> kSecretWords{"passphrase", "secret", "private key"};
constexpr std::array<std::string_view, 3> kOneTimeWords{"one-time", "one time", "otp"};

// A control character of the C1 block, a line separator, or one that turns the direction of
// text: what it does to a dialogue is the server's choice.
bool is_unfit(std::string_view code_point) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(code_point[at]); };
  if (code_point.size() == 1) {
    return byte(0) < 0x20 || byte(0) == 0x7f;
  }
  if (code_point.size() == 2) {
    return byte(0) == 0xc2 && byte(1) < 0xa0; // U+0080 to U+009F
  }
  // U+200B to U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF
  return (byte(0) == 0xe2 && byte(1) == 0x80 &&
          ((byte(2) >= 0x8b && byte(2) <= 0x8f) || (byte(2) >= 0xa8 && byte(2) <= 0xae))) ||
         (byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) ||
         (byte(0) == 0xef && byte(1) == 0xbb && byte(2) == 0xbf);
}

std::size_t code_point_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

} // namespace

std::string shown_prompt(std::string_view prompt) {
  // Cut before it is repaired: a server may send a megabyte.
  const std::string text = utf8::repair(prompt.substr(0, kPromptShown * 4));
  std::string out;
  std::size_t shown = 0;
  for (std::size_t at = 0; at < text.size() && shown < kPromptShown; ++shown) {
    const std::string_view point = std::string_view(text).substr(at, code_point_bytes(text[at]));
    out += is_unfit(point) ? std::string_view(" ") : point;
    at += point.size();
  }
  out.erase(0, std::min(out.find_first_not_of(' '), out.size()));
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

bool asks_for_password(std::string_view prompt) {
  const std::string text = lower(prompt);
  return has_any(text, kPasswordWords) && !has_any(text, kOtherWords);
}

bool asks_for_secret(std::string_view prompt) {
  const std::string text = lower(prompt);
  return (has_any(text, kPasswordWords) && !has_any(text, kOneTimeWords)) ||
         has_any(text, kSecretWords);
}

void KeyboardAnswers::refuse(const KeyboardPrompt &prompt, const std::string &reason) {
  if (reason_.empty()) {
    refused_prompt_ = shown_prompt(prompt.text);
    if (refused_prompt_.empty()) {
      refused_prompt_ = "(nothing that can be shown)";
    }
    reason_ = reason;
  }
}

std::string KeyboardAnswers::remedy() const {
  return host_.password
             ? "use a key for this host, or an account without a second factor; answers that are "
               "typed unseen can only come from the configuration, and never from a dialogue"
             : "configure the password (SSH_PASSWORD, or password_env of the host) if that is what "
               "it asks for, or use a key; answers that are typed unseen can only come from the "
               "configuration, and never from a dialogue";
}

// For a prompt without an echo.
std::optional<std::string> KeyboardAnswers::own_answer(const KeyboardPrompt &prompt) {
  if (!asks_for_password(prompt.text)) {
    refuse(prompt, host_.password ? "which the password does not answer"
                                  : "and nothing is configured that answers it");
  } else if (!host_.password) {
    refuse(prompt, "and no password is configured");
  } else if (++given_ > kMostAnswers) {
    refuse(prompt, "again and again: the password is wrong, or not meant");
  } else {
    return *host_.password;
  }
  return std::nullopt;
}

// What a person has to answer of a round, by the place in it.
std::vector<std::size_t> KeyboardAnswers::fill_in(const KeyboardRound &round,
                                                  std::vector<std::string> &answers) {
  std::vector<std::size_t> for_person;
  for (std::size_t i = 0; i < round.prompts.size(); ++i) {
    const KeyboardPrompt &prompt = round.prompts[i];
    if (!prompt.has_echo) {
      answers[i] = own_answer(prompt).value_or(std::string());
    } else if (asks_for_secret(prompt.text)) {
      refuse(prompt, "a secret that would be seen while it is typed");
    } else if (for_person.size() == limits::kKeyboardPrompts) {
      refuse(prompt, "and too much else at once");
    } else {
      for_person.push_back(i);
    }
  }
  return for_person;
}

LoginQuestion KeyboardAnswers::question_of(const KeyboardRound &round,
                                           const std::vector<std::size_t> &places) const {
  LoginQuestion question;
  std::string all;
  for (const std::size_t i : places) {
    all.append(round.prompts[i].text).push_back('\0');
    std::string shown = shown_prompt(round.prompts[i].text);
    question.prompts.push_back(shown.empty() ? "(an empty prompt)" : std::move(shown));
  }
  question.id = "login:" + host_.name + ":" + sha256_hex(all).substr(0, kIdDigits);
  question.place = place(host_);
  question.user = host_.user;
  question.instruction =
      shown_prompt(std::string(round.name) + ' ' + std::string(round.instruction));
  return question;
}

std::optional<std::vector<std::string>> KeyboardAnswers::answer(const KeyboardRound &round) {
  if (++rounds_ > limits::kKeyboardRounds || question_ || !reason_.empty()) {
    return std::nullopt;
  }
  std::vector<std::string> answers(round.prompts.size());
  const std::vector<std::size_t> for_person = fill_in(round, answers);
  if (!reason_.empty()) {
    return std::nullopt;
  }
  if (for_person.empty()) {
    return answers;
  }
  LoginQuestion question = question_of(round, for_person);
  if (std::find(used_.begin(), used_.end(), question.id) != used_.end()) {
    refuse(round.prompts[for_person.front()], "again: it did not take the answer");
    return std::nullopt;
  }
  const auto words = desk_ == nullptr ? std::nullopt : desk_->words(question.id);
  if (!words || words->size() != for_person.size()) {
    question_ = std::move(question);
    return std::nullopt;
  }
  used_.push_back(question.id);
  for (std::size_t i = 0; i < for_person.size(); ++i) {
    answers[for_person[i]] = (*words)[i];
  }
  return answers;
}

LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer_keyboard) {
  auto *wire = static_cast<Wire *>(*abstract);
  auto *answers = static_cast<KeyboardAnswers *>(wire->login_state);
  for (int i = 0; i < num_prompts; ++i) {
    responses[i].text = nullptr;
    responses[i].length = 0;
  }
  if (answers == nullptr) {
    return;
  }
  KeyboardRound round{{name, static_cast<std::size_t>(std::max(name_len, 0))},
                      {instruction, static_cast<std::size_t>(std::max(instruction_len, 0))},
                      {}};
  for (int i = 0; i < num_prompts; ++i) {
    round.prompts.push_back({{reinterpret_cast<const char *>(prompts[i].text), prompts[i].length},
                             prompts[i].echo != 0});
  }
  const auto given = answers->answer(round);
  if (!given) {
    if (answers->must_hang_up()) {
      wire->sever();
    }
    return; // answered with nothing, which no server takes; the next method may go on
  }
  for (int i = 0; i < num_prompts; ++i) {
    const std::string &text = (*given)[static_cast<std::size_t>(i)];
    responses[i].text = static_cast<char *>(std::malloc(text.size() + 1)); // freed by libssh2
    if (responses[i].text != nullptr) {
      std::memcpy(responses[i].text, text.c_str(), text.size() + 1);
      responses[i].length = static_cast<unsigned int>(text.size());
    }
  }
}

} // namespace mre::ssh
