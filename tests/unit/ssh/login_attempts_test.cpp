#include "core/ssh/login_attempts.hpp"
#include "tests/support/catch.hpp"

using mre::ssh::LoginAttempts;

TEST_CASE("what was tried is told in its order, each with its end") {
  LoginAttempts attempts;
  CHECK(attempts.count() == 0);
  CHECK(attempts.text() == "nothing");
  attempts.note_refused("key /k");
  attempts.note("password", "none is configured");
  CHECK(attempts.count() == 2);
  CHECK(attempts.text() == "key /k (refused), password (none is configured)");
  CHECK(attempts.taken_steps().empty());
}

TEST_CASE("a refusal that turns out to be a step of several counts as taken, nothing else does") {
  LoginAttempts attempts;
  attempts.take_last();
  CHECK(attempts.count() == 0);
  attempts.note("agent", "it holds no keys");
  attempts.take_last();
  CHECK(attempts.taken_steps().empty());
  attempts.note_refused("key /a");
  attempts.note_refused("key /b");
  attempts.take_last();
  CHECK(attempts.taken_steps() == "key /b and ");
  CHECK(attempts.text() == "agent (it holds no keys), key /a (refused), key /b (accepted, and the "
                           "server asks for more)");
}

TEST_CASE("words of somebody else that read like ours are no refusal of ours") {
  LoginAttempts attempts;
  attempts.note("key (refused)", "refused");
  attempts.take_last();
  CHECK(attempts.taken_steps().empty());
}
