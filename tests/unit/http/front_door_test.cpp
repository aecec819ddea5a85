#include "plugins/http/front_door.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre_http;

namespace {

constexpr const char *kToken = "a-token-of-twenty-three";

Settings settings_with(const mre::json &config) {
  return read_settings(config);
}

RequestHead request(const std::string &method, const std::string &target, Fields fields) {
  RequestHead head;
  head.method = method;
  head.path = target;
  head.content_length = 10;
  head.fields = {{"Host", "127.0.0.1:8080"}, {"Content-Type", "application/json"}};
  for (auto &field : fields) {
    std::erase_if(head.fields, [&](const auto &known) { return known.first == field.first; });
    head.fields.push_back(std::move(field));
  }
  return head;
}

struct Door {
  Settings settings;
  FrontDoor door{settings, 100};
  Caller caller{"192.0.2.1", false, {}};

  explicit Door(const mre::json &config = mre::json::object()) : settings(settings_with(config)) {}
  // 0: goes on to the protocol.
  int judge(Fields fields = {}, const std::string &method = "POST",
            const std::string &path = "/mcp") {
    const auto answer = door.judge(request(method, path, std::move(fields)), caller);
    return answer ? answer->status : 0;
  }
};

std::string field_of(const PlainAnswer &answer, const std::string &name) {
  for (const auto &[key, value] : answer.fields) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

} // namespace

TEST_CASE("on loopback only names of this machine and listed ones are served") {
  Door door(mre::json::object({{"allowed_hosts", "mcp.example, other.example:99"}}));
  for (const char *host : {"127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "127.1.2.3",
                           "mcp.example", "mcp.example:443", "other.example:99"}) {
    CHECK(door.judge({{"Host", host}}) == 0);
  }
  for (const char *host : {"evil.example.com", "evil.example.com:8080", "127.0.0.1.evil.example",
                           "localhost.evil.example", "192.0.2.7", ""}) {
    CHECK(door.judge({{"Host", host}}) == 403);
  }
}

TEST_CASE("an address that others reach takes any name with a token, or the listed ones") {
  const Fields bearer = {{"Authorization", std::string("Bearer ") + kToken},
                         {"Host", "anything.example"}};
  Door open(mre::json::object({{"host", "0.0.0.0"}, {"token", kToken}}));
  CHECK(open.judge(bearer) == 0);
  Door listed(mre::json::object(
      {{"host", "0.0.0.0"}, {"token", kToken}, {"allowed_hosts", "mcp.example"}}));
  CHECK(listed.judge(bearer) == 403);
}

TEST_CASE("a web page is served from a listed origin or from this very address") {
  Door door(mre::json::object({{"allowed_origins", "https://app.example"}}));
  CHECK(door.judge({{"Origin", "https://app.example"}}) == 0);
  for (const char *origin :
       {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"}) {
    CHECK(door.judge({{"Origin", origin}}) == 0);
  }
  for (const char *origin : {"http://evil.example.com", "https://app.example.evil.example", "null",
                             "", "http://app.example", "https://app.example:444",
                             "http://127.0.0.1:9", "https://127.0.0.1:8080", "http://localhost",
                             "http://localhost:80801", "http://localhost.evil.example:8080",
                             "http://localhost@evil.example:8080", "localhost:8080"}) {
    CHECK(door.judge({{"Origin", origin}}) == 403);
  }
  // A page that was led here by name: its Origin and Host agree, and neither is ours.
  CHECK(door.judge({{"Origin", "http://evil.example"}, {"Host", "evil.example"}}) == 403);
}

TEST_CASE("a listed origin may read answers and is told so before it sends") {
  Door door(mre::json::object({{"token", kToken}, {"allowed_origins", "https://app.example"}}));
  const auto head = request("OPTIONS", "/mcp",
                            {{"Origin", "https://app.example"},
                             {"Access-Control-Request-Headers", "authorization,mcp-method"}});
  const auto answer = door.door.judge(head, door.caller);
  REQUIRE(answer);
  CHECK(answer->status == 204);
  CHECK(field_of(*answer, "Access-Control-Allow-Headers") == "authorization,mcp-method");
  const Fields cors = door.door.cors_fields(head, false);
  REQUIRE_FALSE(cors.empty());
  CHECK(cors.front().second == "https://app.example");
  CHECK(door.door.cors_fields(request("POST", "/mcp", {{"Origin", "https://evil.example"}}), false)
            .empty());
}

TEST_CASE("the token is asked for, compared whole, and taken from one header only") {
  Door door(mre::json::object({{"token", kToken}}));
  const auto with = [&](const std::string &value) {
    return door.judge({{"Authorization", value}});
  };
  CHECK(with(std::string("Bearer ") + kToken) == 0);
  CHECK(with(std::string("bearer   ") + kToken) == 0);
  CHECK(door.judge() == 401);
  CHECK(with(std::string("Basic ") + kToken) == 401);
  CHECK(with(kToken) == 401);
  CHECK(with(std::string("Bearer ") + kToken + "x") == 401);
  CHECK(with("Bearer a-token-of-twenty-thre") == 401);
  CHECK(with("Bearer") == 400);
  CHECK(with("Bearer two words") == 400);
  RequestHead in_query = request("POST", "/mcp", {});
  in_query.query = std::string("access_token=") + kToken;
  CHECK(door.door.judge(in_query, door.caller)->status == 401);
}

TEST_CASE("a challenge says what is wrong and never repeats a token") {
  Door door(mre::json::object({{"token", kToken}}));
  const auto challenge = [&](Fields fields) {
    const auto answer = door.door.judge(request("POST", "/mcp", std::move(fields)), door.caller);
    CHECK(answer->body.find("guess-me") == std::string::npos);
    CHECK(answer->body.find(kToken) == std::string::npos);
    return field_of(*answer, "WWW-Authenticate");
  };
  CHECK(challenge({}) == "Bearer realm=\"mcp-remote-exec\"");
  CHECK(challenge({{"Authorization", "Bearer guess-me"}}).find("invalid_token") !=
        std::string::npos);
}

TEST_CASE("guessing tokens gets slow, for the one who guesses") {
  Door door(mre::json::object({{"token", kToken}}));
  const Fields wrong = {{"Authorization", "Bearer guess"}};
  const Fields right = {{"Authorization", std::string("Bearer ") + kToken}};
  for (int i = 0; i < 20; ++i) {
    CHECK(door.judge(wrong) == 401);
  }
  CHECK(door.judge(wrong) == 429);
  CHECK(door.judge(right) == 429);
  door.caller.address = "192.0.2.2";
  CHECK(door.judge(right) == 0);
  door.caller.address = "192.0.2.1";
  door.caller.now += std::chrono::seconds(3);
  CHECK(door.judge(right) == 0);
}

TEST_CASE("more requests than the rate are told when to come again") {
  Door door(mre::json::object({{"requests_per_minute", 2}}));
  CHECK(door.judge() == 0);
  CHECK(door.judge() == 0);
  const auto answer = door.door.judge(request("POST", "/mcp", {}), door.caller);
  REQUIRE(answer);
  CHECK(answer->status == 429);
  CHECK(field_of(*answer, "Retry-After") == "30");
}

TEST_CASE("methods, paths and media types that are not served have their status") {
  Door door;
  CHECK(door.judge({}, "PUT") == 405);
  CHECK(door.judge({}, "HEAD") == 405);
  CHECK(door.judge({}, "DELETE") == 0);
  CHECK(door.judge({}, "GET") == 0);
  CHECK(door.judge({{"Accept", "application/json"}}, "GET") == 406);
  CHECK(door.judge({}, "POST", "/") == 404);
  CHECK(door.judge({}, "GET", "/.well-known/oauth-protected-resource/mcp") == 404);
  CHECK(door.judge({{"Content-Type", "text/plain"}}) == 415);
  CHECK(door.judge({{"Content-Type", "application/json-patch+json"}}) == 415);
  CHECK(door.judge({{"Content-Type", "Application/JSON; charset=utf-8"}}) == 0);
  CHECK(door.judge({{"Content-Encoding", "gzip"}}) == 415);
  CHECK(door.judge({{"Content-Encoding", "identity"}}) == 0);
  CHECK(door.judge({{"Accept", "text/html"}}) == 406);
  CHECK(door.judge({{"Accept", "text/html, */*;q=0.1"}}) == 0);
  CHECK(door.judge({{"Accept", "application/json"}}) == 0);
  RequestHead large = request("POST", "/mcp", {});
  large.content_length = 101;
  CHECK(door.door.judge(large, door.caller)->status == 413);
  large.content_length.reset();
  CHECK(door.door.judge(large, door.caller)->status == 411);
}

TEST_CASE("probes need no token and no name, and see the end coming") {
  Door door(mre::json::object({{"token", kToken}}));
  const Fields foreign = {{"Host", "10.1.2.3:8080"}};
  CHECK(door.judge(foreign, "GET", "/livez") == 200);
  CHECK(door.judge(foreign, "GET", "/readyz") == 200);
  door.door.set_stopping();
  CHECK(door.judge(foreign, "GET", "/livez") == 200);
  CHECK(door.judge(foreign, "GET", "/readyz") == 503);
  CHECK(door.judge({{"Authorization", std::string("Bearer ") + kToken}}) == 503);
}
