// The expected values were computed with Python's hmac from the service's documented rules.
#include "signing.hpp"
#include "tests/support/catch.hpp"

using namespace imagekit;

TEST_CASE("a v1 signature is the HMAC-SHA1 of token and expiry as text") {
  CHECK(upload_signature("private_key_test", "f1e2d3c4-0000-4000-8000-000000000001", 1767225600) ==
        "b15f0b7fae652aaf551353da8d5dfec7100ead97");
}

TEST_CASE("a signed URL carries its expiry and the HMAC-SHA1 of path and expiry") {
  CHECK(signed_url("https://ik.imagekit.io/acct", "folder/name.bin", 1767225600,
                   "private_key_test") ==
        "https://ik.imagekit.io/acct/folder/name.bin?ik-t=1767225600&ik-s="
        "d899366a4cf5d9b2c1b99a4f11324c49923a39ee");
}

TEST_CASE(
    "a v2 token is a JWT over every field, signed with HMAC-SHA256, with the public key's id") {
  CHECK(upload_token("public_key_test", "private_key_test",
                     {{"fileName", "a.bin"}, {"folder", "/f"}, {"isPrivateFile", "true"}},
                     {1767222000, 1767225600}) ==
        "eyJhbGciOiJIUzI1NiIsImtpZCI6InB1YmxpY19rZXlfdGVzdCIsInR5cCI6IkpXVCJ9."
        "eyJleHAiOjE3NjcyMjU2MDAsImZpbGVOYW1lIjoiYS5iaW4iLCJmb2xkZXIiOiIvZiIsImlhdCI6MTc2NzIyMjAwMC"
        "wiaXNQcml2YXRlRmlsZSI6InRydWUifQ.sZExju4rUTgXVG8Myy2AeEhhMqM-N74h_GbcRjrZpuU");
}
