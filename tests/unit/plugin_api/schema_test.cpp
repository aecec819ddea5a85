#include "tests/support/catch.hpp"

#include <mre/plugin.hpp>

namespace schema = mre::schema;

TEST_CASE("the members of a schema keep the order in which they were written") {
  const mre::Schema input = schema::input({"path"}, {{"path", schema::path()},
                                                     {"limit", schema::integer(1, 500, "lines")},
                                                     {"all", schema::flag()}});
  CHECK(
      input.dump() ==
      R"({"type":"object","properties":{"path":{"type":"string","minLength":1,"maxLength":4096},)"
      R"("limit":{"type":"integer","minimum":1,"maximum":500,"description":"lines"},)"
      R"("all":{"type":"boolean","default":false}},"required":["path"],"additionalProperties":false})");
}

TEST_CASE("an input schema without a required argument does not say so") {
  CHECK_FALSE(schema::input({}, {{"host", schema::text()}}).contains("required"));
}

TEST_CASE("an output schema admits a whole result and a failure, and nothing between") {
  const mre::Schema output = schema::output({"a", "b"}, {{"a", schema::text()}});
  CHECK(output.at("anyOf").dump() == R"([{"required":["error"]},{"required":["a","b"]}])");
  CHECK(output.at("properties").at("error").dump() == R"({"type":"object"})");
}

TEST_CASE("a value that may be null says so beside its kind and keeps its bounds") {
  CHECK(schema::or_null(schema::count("bytes")).dump() ==
        R"({"type":["integer","null"],"minimum":0,"description":"bytes"})");
  CHECK(schema::text_or_null().dump() == R"({"type":["string","null"]})");
}

TEST_CASE("a list describes its items, an object its members") {
  CHECK(schema::list_of(schema::object_of({{"name", schema::text()}})).dump() ==
        R"({"type":"array","items":{"type":"object","properties":{"name":{"type":"string"}}}})");
}

TEST_CASE("a tool that runs commands has the timeouts of the settings") {
  mre::Limits limits;
  limits.timeout = std::chrono::seconds(20);
  limits.max_timeout = std::chrono::seconds(600);
  const mre::Schema timeout = schema::exec_properties(limits).at("timeout");
  CHECK(timeout.dump() ==
        R"({"type":"integer","minimum":1,"maximum":600,"default":20,"description":"seconds"})");
}

TEST_CASE("the result of a tool that runs commands takes further members at its end") {
  const mre::Schema output = schema::exec_output({{"guest", schema::count()}});
  const mre::Schema &properties = output.at("properties");
  CHECK(properties.begin().key() == "host");
  CHECK(properties.at("guest").dump() == R"({"type":"integer","minimum":0})");
  CHECK(output.at("anyOf").at(1).at("required").dump() ==
        R"(["host","outcome","stdout","stderr"])");
}

TEST_CASE("where a file went is always in the result of a transfer") {
  const mre::Schema output =
      schema::transfer_output({{"from", schema::text()}, {"to", schema::text()}});
  CHECK(output.at("anyOf").at(1).at("required").dump() == R"(["from","to","bytes","sha256"])");
}
