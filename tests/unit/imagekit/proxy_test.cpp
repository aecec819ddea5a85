#include "proxy.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;

TEST_CASE("without a proxy in the environment requests go straight") {
  CHECK_FALSE(proxy_for({}, "api.imagekit.io").has_value());
}

TEST_CASE("a proxy is read with its port, user and password") {
  const auto proxy = proxy_for({"http://us%40er:p%3Aw@proxy.example:3128", ""}, "api.imagekit.io");
  REQUIRE(proxy.has_value());
  CHECK(proxy->host == "proxy.example");
  CHECK(proxy->port == 3128);
  CHECK(proxy->user == "us@er");
  CHECK(proxy->password == "p:w");
  CHECK(proxy_for({"proxy.example", ""}, "x")->port == 1080);
  CHECK(proxy_for({"proxy.example:8080", ""}, "x")->port == 8080);
  CHECK(proxy_for({"http://proxy.example:80/", ""}, "x")->port == 80);
}

TEST_CASE("no_proxy exempts names, domains and everything, and nothing else") {
  const auto goes_straight = [](const char *exempt, const char *host) {
    return !proxy_for({"http://proxy:1", exempt}, host).has_value();
  };
  CHECK(goes_straight("imagekit.io", "imagekit.io"));
  CHECK(goes_straight("imagekit.io", "api.imagekit.io"));
  CHECK(goes_straight("a.b, .ImageKit.io ", "API.imagekit.io"));
  CHECK(goes_straight("127.0.0.1", "127.0.0.1"));
  CHECK(goes_straight("*", "anything"));
  CHECK_FALSE(goes_straight("imagekit.io", "notimagekit.io"));
  CHECK_FALSE(goes_straight("api.imagekit.io", "imagekit.io"));
  CHECK_FALSE(goes_straight("", "imagekit.io"));
  CHECK_FALSE(goes_straight(",,", "imagekit.io"));
}

TEST_CASE("a proxy of another kind is refused without showing its password") {
  try {
    static_cast<void>(proxy_for({"socks5://user:hunter22@proxy:1080", ""}, "x"));
    FAIL("it was taken");
  } catch (const mre::Error &error) {
    CHECK(error.status() == MRE_UNSUPPORTED);
    CHECK(std::string(error.what()).find("hunter22") == std::string::npos);
  }
}
