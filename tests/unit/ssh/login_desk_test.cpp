#include "core/ssh/login_desk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hand_clock.hpp"

using mre::ssh::HostKey;
using mre::ssh::LoginDesk;
using mre::ssh::LoginQuestion;

namespace {

LoginQuestion about_key(const std::string &id) {
  LoginQuestion question;
  question.id = id;
  question.key = HostKey{};
  return question;
}

LoginQuestion about_prompt(const std::string &id) {
  LoginQuestion question;
  question.id = id;
  question.prompts = {"Code: "};
  return question;
}

} // namespace

TEST_CASE("a settled question about a key stays for those who failed on it and come late") {
  mre::test::HandClock clock;
  LoginDesk desk(clock);
  desk.ask(about_key("k"));
  CHECK_FALSE(desk.settled_question());
  desk.settle("k", {});
  CHECK_FALSE(desk.question());
  desk.ended_without_question(); // the login that heard the answer got in
  REQUIRE(desk.settled_question());
  CHECK(desk.settled_question()->id == "k");
  CHECK(desk.settled() == 1);
}

TEST_CASE("only the question that is open can be settled, and only once") {
  mre::test::HandClock clock;
  LoginDesk desk(clock);
  desk.ask(about_key("k"));
  desk.settle("other", {});
  CHECK(desk.settled() == 0);
  desk.settle("k", {});
  desk.settle("k", {});
  CHECK(desk.settled() == 1);
  // A login that asks again opens it again.
  desk.ask(about_key("k"));
  CHECK(desk.question());
  CHECK_FALSE(desk.settled_question());
}

TEST_CASE("what the server asked goes with the login that ends without a question") {
  mre::test::HandClock clock;
  LoginDesk desk(clock);
  desk.ask(about_prompt("p"));
  desk.settle("p", {"123456"});
  REQUIRE(desk.words("p"));
  CHECK(desk.words("p")->front() == "123456");
  desk.ended_without_question();
  CHECK_FALSE(desk.words("p"));
  CHECK_FALSE(desk.question());
  CHECK_FALSE(desk.settled_question());
}
