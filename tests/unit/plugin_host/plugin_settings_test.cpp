#include "core/plugin_host/plugin_settings.hpp"
#include "tests/support/catch.hpp"

namespace mre::plugin_host {
namespace {

bool contains(const std::string &text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char *kSchema = R"({
  "type": "object",
  "properties": {
    "url": {"type": "string", "minLength": 1, "description": "where the service is", "x-mre-env": "MRE_THING_URL"},
    "count": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3, "x-mre-env": "MRE_THING_COUNT"},
    "ratio": {"type": "number", "x-mre-env": "MRE_THING_RATIO"},
    "strict": {"type": "boolean", "default": false, "x-mre-env": "MRE_THING_STRICT"},
    "names": {"type": "array", "items": {"type": "string"}, "x-mre-env": "MRE_THING_NAMES"},
    "key": {"type": "string", "pattern": "^[a-z]+$", "x-mre-env": "MRE_THING_KEY", "x-mre-secret": true}
  },
  "required": ["url"],
  "additionalProperties": false
})";

struct Reading {
  Result<PluginSettings> read(const std::string &schema = kSchema) {
    PluginDescription description;
    description.id = "org.example.thing";
    description.config_schema = schema;
    return read_plugin_settings({description, "thing", false, variables}, redactor);
  }
  std::map<std::string, std::string> variables;
  guard::Redactor redactor;
};

TEST_CASE("variables become typed values and defaults fill the rest") {
  Reading reading;
  reading.variables = {{"MRE_THING_URL", "http://x"},
                       {"MRE_THING_RATIO", "0.5"},
                       {"MRE_THING_STRICT", "Yes"},
                       {"MRE_THING_NAMES", "a, b,,c "},
                       {"MRE_OTHER_COUNT", "unrelated"}};
  const auto settings = reading.read();
  REQUIRE(settings);
  CHECK(settings->complaints.empty());
  CHECK(settings->config == Json{{"url", "http://x"},
                                 {"count", 3},
                                 {"ratio", 0.5},
                                 {"strict", true},
                                 {"names", {"a", "b", "c"}}});
}

TEST_CASE("a variable that begins like the plugin's own and is no setting of it is told") {
  Reading reading;
  reading.variables = {{"MRE_THING_URL", "http://x"}, {"MRE_THING_COUNTT", "5"},
                       {"MRE_THING_", "x"},           {"MRE_THINGS_COUNT", "of another"},
                       {"MRE_THIN", "of nobody"},     {"MRE_OTHER_COUNT", "unrelated"}};
  const auto settings = reading.read();
  REQUIRE(settings);
  CHECK(settings->complaints.empty());
  CHECK(settings->unknown.size() == 2);
  CHECK(settings->unknown.at("MRE_THING_COUNTT") ==
        "MRE_THING_COUNTT is no setting of plugin org.example.thing; did you mean "
        "MRE_THING_COUNT?");
  CHECK(settings->unknown.count("MRE_THING_") == 1);
  CHECK(reading.read("")->unknown.size() == 3); // a plugin without any settings
}

TEST_CASE("a missing required setting is said with its variable and its meaning") {
  Reading reading;
  const auto settings = reading.read();
  REQUIRE(settings->complaints.size() == 1);
  CHECK(contains(settings->complaints[0], "MRE_THING_URL is not set"));
  CHECK(contains(settings->complaints[0], "where the service is"));
}

TEST_CASE("every wrong value is said at once, with what would be accepted") {
  Reading reading;
  reading.variables = {{"MRE_THING_URL", "x"},
                       {"MRE_THING_COUNT", "11"},
                       {"MRE_THING_RATIO", "1.5x"},
                       {"MRE_THING_STRICT", "maybe"}};
  const auto settings = reading.read();
  REQUIRE(settings->complaints.size() == 3);
  CHECK(contains(settings->complaints[0], "MRE_THING_COUNT"));
  CHECK(contains(settings->complaints[0], "10"));
  CHECK(contains(settings->complaints[1], "MRE_THING_RATIO"));
  CHECK(contains(settings->complaints[1], "a number"));
  CHECK(contains(settings->complaints[2], "true, false, yes, no"));
}

TEST_CASE("an empty value counts as unset") {
  Reading reading;
  reading.variables = {{"MRE_THING_URL", "x"}, {"MRE_THING_COUNT", ""}};
  CHECK(reading.read()->config["count"] == 3);
}

TEST_CASE("a secret is never shown and is known to the redactor") {
  Reading reading;
  reading.variables = {{"MRE_THING_URL", "x"}, {"MRE_THING_KEY", "NOT-lower-case"}};
  const auto settings = reading.read();
  REQUIRE(settings->complaints.size() == 1);
  CHECK(contains(settings->complaints[0], "MRE_THING_KEY"));
  CHECK(!contains(settings->complaints[0], "NOT-lower-case"));
  CHECK(!contains(reading.redactor.redact("it was NOT-lower-case"), "NOT-lower-case"));
}

TEST_CASE("a third party's variable must carry its name") {
  Reading reading;
  const auto settings = reading.read(
      R"({"type":"object","properties":{"p":{"type":"string","x-mre-env":"SSH_PASSWORD"}}})");
  REQUIRE(!settings);
  CHECK(contains(settings.error().message, "SSH_PASSWORD"));
  CHECK(contains(settings.error().message, "MRE_THING_"));
}

TEST_CASE("a schema that is none is the plugin's mistake") {
  Reading reading;
  CHECK(!reading.read("{"));
  CHECK(!reading.read(R"({"type":"nonsense"})"));
}

TEST_CASE("no schema means no settings") {
  Reading reading;
  CHECK(reading.read("")->config == Json::object());
}

} // namespace
} // namespace mre::plugin_host
