#include "crypto.hpp"
#include "encoding.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;

TEST_CASE("base64 has the vectors of RFC 4648, and the url alphabet has no padding") {
  CHECK(to_base64("") == "");
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foobar") == "Zm9vYmFy");
  CHECK(to_base64("\xfb\xff") == "+/8=");
  CHECK(to_base64url("\xfb\xff") == "-_8");
  CHECK(to_base64url("f") == "Zg");
}

TEST_CASE("percent-encoding leaves only unreserved characters") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("name=\"a b\"/\xC3\xBC") == "name%3D%22a%20b%22%2F%C3%BC");
}

TEST_CASE("a digest can be copied on the way and both copies go on") {
  Sha256 first;
  first.add("ab");
  Sha256 second = first;
  first.add("c");
  second.add("d");
  CHECK(first.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(first.hex() == sha256_hex("abc"));
  CHECK(second.hex() == sha256_hex("abd"));
}

TEST_CASE("uuids are of version 4 and differ") {
  const std::string uuid = random_uuid();
  REQUIRE(uuid.size() == 36);
  CHECK(uuid[14] == '4');
  CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  CHECK(uuid != random_uuid());
}
