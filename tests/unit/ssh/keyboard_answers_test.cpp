// Answers to keyboard-interactive questions, round by round, and the desk that people's words wait
// at.
#include "core/guard/limits.hpp"
#include "core/ssh/keyboard_answers.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hand_clock.hpp"

using namespace mre;
using namespace mre::ssh;

namespace {

config::HostConfig host_with(std::optional<std::string> password) {
  config::HostConfig host;
  host.name = "web-1";
  host.address = "10.0.0.5";
  host.user = "deploy";
  host.password = std::move(password);
  return host;
}

KeyboardRound hidden(std::string_view text) {
  return {{}, {}, {{text, false}}};
}
KeyboardRound echoed(std::string_view text) {
  return {{}, {}, {{text, true}}};
}

using Answers = std::vector<std::string>;

} // namespace

TEST_CASE("the password goes to the hidden prompt for it, and rounds without prompts to nobody") {
  const auto host = host_with("secret-1");
  KeyboardAnswers answers(host, nullptr, false);
  CHECK(answers.answer({"name", "instruction", {}}) == Answers{});
  CHECK(answers.answer(hidden("Password: ")) == Answers{"secret-1"});
  CHECK(answers.answer({}) == Answers{});
  CHECK(answers.refused_prompt().empty());
  CHECK(!answers.question());
}

TEST_CASE("a password that is asked for again and again is not given for ever") {
  const auto host = host_with("secret-1");
  KeyboardAnswers answers(host, nullptr, false);
  for (int i = 0; i < 3; ++i) {
    CHECK(answers.answer(hidden("Password: ")) == Answers{"secret-1"});
  }
  CHECK(!answers.answer(hidden("Password: ")));
  CHECK(answers.refused_prompt() == "Password:");
}

TEST_CASE("a hidden prompt that nothing answers is named with the reason") {
  const auto with = host_with("secret-1");
  KeyboardAnswers one(with, nullptr, false);
  CHECK(!one.answer(hidden("Verification code: ")));
  CHECK(one.refused_prompt() == "Verification code:");
  CHECK(one.reason() == "which the password does not answer");
  const auto without = host_with(std::nullopt);
  KeyboardAnswers other(without, nullptr, false);
  CHECK(!other.answer(hidden("Password: ")));
  CHECK(other.reason() == "and no password is configured");
  CHECK(other.remedy().find("SSH_PASSWORD") != std::string::npos);
}

TEST_CASE("one prompt that cannot be answered keeps the whole round from being answered") {
  const auto host = host_with("secret-1");
  KeyboardAnswers answers(host, nullptr, false);
  CHECK(!answers.answer({{}, {}, {{"Password: ", false}, {"Token: ", false}}}));
  CHECK(!answers.answer(hidden("Password: "))); // nor a later one of the same login
}

TEST_CASE("a prompt with an echo is a person's, unless it asks for a secret") {
  const auto host = host_with(std::nullopt);
  test::HandClock clock;
  LoginDesk desk(clock);
  for (const char *prompt : {"Password: ", "Your passphrase", "Secret word:", "PASSWORT:"}) {
    KeyboardAnswers answers(host, &desk, true);
    CHECK(!answers.answer(echoed(prompt)));
    CHECK(!answers.question());
    CHECK(answers.refused_prompt().size() > 0);
  }
  KeyboardAnswers answers(host, &desk, true);
  CHECK(!answers.answer({"Second factor", "Look at your device", {{"Code: ", true}}}));
  REQUIRE(answers.question());
  CHECK(answers.question()->prompts == Answers{"Code:"});
  CHECK(answers.question()->instruction == "Second factor Look at your device");
  CHECK(answers.question()->place == "web-1 (10.0.0.5:22)");
  CHECK(answers.must_hang_up()); // an empty answer would count as a failed login
  desk.ask(*answers.question());
  desk.settle(answers.question()->id, {"123"});
  KeyboardAnswers next(host, &desk, true);
  CHECK(next.answer(echoed("Code: ")) == Answers{"123"});
  CHECK(!next.answer(echoed("Code: "))); // it did not take it: no second time
  CHECK(next.refused_prompt() == "Code:");
  CHECK(!next.question());
}

TEST_CASE("before other methods a person's prompt does not end the connection") {
  const auto host = host_with(std::nullopt);
  KeyboardAnswers answers(host, nullptr, false);
  CHECK(!answers.answer(echoed("Code: ")));
  CHECK(!answers.must_hang_up());
}

TEST_CASE("a server that asks for ever, or for too much at once, is refused") {
  const auto host = host_with("secret-1");
  KeyboardAnswers patient(host, nullptr, false);
  for (int i = 0; i < limits::kKeyboardRounds; ++i) {
    CHECK(patient.answer({}) == Answers{});
    CHECK(!patient.must_hang_up());
  }
  CHECK(!patient.answer({}));
  CHECK(patient.is_too_long());
  CHECK(patient.must_hang_up());
  KeyboardAnswers answers(host, nullptr, false);
  KeyboardRound many;
  for (std::size_t i = 0; i <= limits::kKeyboardPrompts; ++i) {
    many.prompts.push_back({"Code: ", true});
  }
  CHECK(!answers.answer(many));
  CHECK(!answers.question());
}

TEST_CASE("a server's words are shown printable, on one line, and short") {
  CHECK(shown_prompt("  Code: ") == "Code:");
  CHECK(shown_prompt("a\x1b[31mb\r\nc\x7f") == "a [31mb  c");
  CHECK(shown_prompt("a\xc2\x9b"
                     "b\xe2\x80\xae"
                     "c\xe2\x80\xa8"
                     "d") == "a b c d");
  CHECK(shown_prompt("caf\xc3\xa9?") == "caf\xc3\xa9?");
  CHECK(shown_prompt("\xff\xfe") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(shown_prompt(std::string(1000000, 'x')) == std::string(80, 'x'));
  CHECK(shown_prompt("\x01\x02").empty());
}

TEST_CASE("a person's words wait for the next login, and not for ever") {
  test::HandClock clock;
  LoginDesk desk(clock);
  LoginQuestion question;
  question.id = "login:web-1:1";
  question.prompts = {"Code:"};
  desk.ask(question);
  CHECK(desk.settled() == 0);
  desk.settle("login:web-1:2", {"other"}); // of another question
  CHECK(desk.question());
  desk.settle("login:web-1:1", {"123"});
  CHECK(desk.settled() == 1);
  CHECK(!desk.question());
  CHECK(desk.words("login:web-1:1") == Answers{"123"});
  SECTION("a further question keeps them: the login runs again from the top") {
    question.id = "login:web-1:3";
    desk.ask(question);
    CHECK(desk.words("login:web-1:1") == Answers{"123"});
  }
  SECTION("a login that ends without one forgets them") {
    desk.ended_without_question();
    CHECK(!desk.words("login:web-1:1"));
  }
  SECTION("they age") {
    clock.move(std::chrono::minutes(3));
    CHECK(!desk.words("login:web-1:1"));
  }
}
