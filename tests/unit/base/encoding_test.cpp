#include "core/base/digest.hpp"
#include "core/base/encoding.hpp"
#include "tests/support/catch.hpp"

using namespace mre;

TEST_CASE("base64 follows the RFC 4648 test vectors both ways") {
  for (const auto &[plain, coded] : {std::pair<std::string, std::string>{"", ""},
                                     {"f", "Zg=="},
                                     {"fo", "Zm8="},
                                     {"foo", "Zm9v"},
                                     {"foob", "Zm9vYg=="},
                                     {"fooba", "Zm9vYmE="},
                                     {"foobar", "Zm9vYmFy"}}) {
    CHECK(base64_encode(plain) == coded);
    CHECK(base64_decode(coded).value_or("?") == plain);
  }
}

TEST_CASE("malformed base64 is refused") {
  for (const std::string text : {"Zg=", "Z===", "Zg==Zg==", "Zm9v\n", "Z*==", "===="}) {
    CHECK_FALSE(base64_decode(text).has_value());
  }
}

TEST_CASE("SHA-256 and HMAC match published vectors") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
