#include "core/tools/json_schema.hpp"
#include "core/tools/schema_check.hpp"
#include "tests/support/catch.hpp"

using namespace mre;
using tools::schema::Format;
using tools::schema::is_of_format;

TEST_CASE("formats bind only where they are asked for") {
  const char *schema =
      R"({"properties":{"mail":{"type":"string","format":"email"},"x":{"format":"hostname"}}})";
  const Json value = {{"mail", "nobody"}, {"x", "not a host"}};
  CHECK((*tools::JsonSchema::compile(schema))->validate(value));
  tools::SchemaOptions options;
  options.assert_formats = true;
  const auto strict = tools::JsonSchema::compile(schema, options);
  REQUIRE(strict);
  const auto outcome = (*strict)->validate(value);
  REQUIRE(!outcome);
  CHECK(outcome.error().message == "/mail: expected an e-mail address, got \"nobody\"");
}

TEST_CASE("e-mail addresses") {
  for (const char *good :
       {"a@b", "joe.bloggs@example.com", "te~st@example.com", "\xc3\xa4@example.com"}) {
    CHECK(is_of_format(Format::email, good));
  }
  for (const char *bad : {"", "a", "@b", "a@", ".a@b.c", "a.@b.c", "a..b@c", "a b@c", "a@b c",
                          "a@-b", "a@b..c", "a@b@"}) {
    INFO(bad);
    CHECK(!is_of_format(Format::email, bad));
  }
}

TEST_CASE("URIs") {
  for (const char *good : {"http://foo.bar/?baz=qux#quux", "urn:oasis:names",
                           "mailto:John@example.com", "a:", "http://[::1]/%20"}) {
    CHECK(is_of_format(Format::uri, good));
  }
  for (const char *bad : {"", "//foo.bar", "/abc", "foo", "1a:b", "http://a b", "http://a/%2",
                          "http://a/<b>", ":x"}) {
    INFO(bad);
    CHECK(!is_of_format(Format::uri, bad));
  }
}

TEST_CASE("dates and times") {
  for (const char *good : {"2026-01-31", "2024-02-29", "2000-02-29"}) {
    CHECK(is_of_format(Format::date, good));
  }
  for (const char *bad : {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-32",
                          "2026-1-1", "26-01-01", "2026/01/01", ""}) {
    INFO(bad);
    CHECK(!is_of_format(Format::date, bad));
  }
  for (const char *good : {"2026-01-31T12:00:00Z", "1963-06-19T08:30:06.283185Z",
                           "1990-12-31T15:59:60-08:00", "2026-01-31t12:00:00z"}) {
    CHECK(is_of_format(Format::date_time, good));
  }
  for (const char *bad : {"2026-01-31", "2026-01-31 12:00:00Z", "2026-01-31T24:00:00Z",
                          "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z", "2026-01-31T12:60:00Z",
                          "2026-01-31T12:00:00+1:00", "2026-02-30T12:00:00Z", ""}) {
    INFO(bad);
    CHECK(!is_of_format(Format::date_time, bad));
  }
}
