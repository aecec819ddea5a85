#include "core/base/encoding.hpp"
#include "core/guard/redactor.hpp"
#include "core/guard/spellings.hpp"
#include "tests/support/catch.hpp"

#include <mre/shell_quote.hpp>

#include <random>

using namespace mre;
using namespace mre::guard;

namespace {

const std::string kMark = "[REDACTED]";

std::string in_pieces(const Redactor &redactor, const std::vector<std::string_view> &pieces) {
  Redactor::Stream stream(redactor);
  std::string out;
  for (const std::string_view piece : pieces) {
    out += stream.push(piece);
  }
  return out + stream.finish();
}

// The same answer for every cut in two, and byte by byte.
void check_every_cut(const Redactor &redactor, const std::string &text) {
  const std::string whole = redactor.redact(text);
  const std::string_view view = text;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string out = in_pieces(redactor, {view.substr(0, cut), view.substr(cut)});
    if (out != whole) {
      INFO("cut at " << cut << " of " << text);
      REQUIRE(out == whole);
    }
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < view.size(); ++i) {
    bytes.push_back(view.substr(i, 1));
  }
  REQUIRE(in_pieces(redactor, bytes) == whole);
}

} // namespace

TEST_CASE("a secret is replaced wherever it stands, and nothing else is touched") {
  Redactor redactor;
  REQUIRE(redactor.add("hunter22"));
  CHECK(redactor.redact("") == "");
  CHECK(redactor.redact("hunter2") == "hunter2");
  CHECK(redactor.redact("hunter22") == kMark);
  CHECK(redactor.redact("a hunter22b") == "a " + kMark + "b");
  CHECK(redactor.redact("hunter22hunter22") == kMark + kMark);
  CHECK(redactor.redact("hunthunter22er22") == "hunt" + kMark + "er22");
}

TEST_CASE("a short secret is refused, six bytes are searched for") {
  Redactor redactor;
  CHECK_FALSE(redactor.add("12345"));
  CHECK(redactor.add("123456"));
  CHECK(redactor.redact("12345 123456") == "12345 " + kMark);
}

TEST_CASE("overlapping secrets leave one mark that covers both") {
  Redactor redactor;
  redactor.add("abcdefgh");
  redactor.add("efghijkl");
  redactor.add("abcdefghijklmnop");
  CHECK(redactor.redact("xabcdefghijklx") == "x" + kMark + "x");
  CHECK(redactor.redact("xabcdefghijklmnopx") == "x" + kMark + "x");
  CHECK(redactor.redact("xabcdefghijklmno") == "x" + kMark + "mno");
  check_every_cut(redactor, "abcdefghijklmnoabcdefghijklmnopabcdefghefghijkl");
}

TEST_CASE("the spellings of other programs are found") {
  // Written by base64(1), xxd(1), Python's urllib and json, bash's printf %q and sed; not by our
  // own encoders.
  Redactor redactor;
  const std::string secret = "p4ss/w \"o'rd$\xC3\xA9&<";
  redactor.add(secret);
  const std::string spellings[] = {
      "cDRzcy93ICJvJ3JkJMOpJjw",                            // base64, first alignment
      "A0c3MvdyAibydyZCTDqSY8",                             // inside the base64 of "xp4ss…"
      "wNHNzL3cgIm8ncmQkw6kmP",                             // inside the base64 of "xxp4ss…"
      "703473732f7720226f27726424c3a9263c",                 // hex
      "703473732F7720226F27726424C3A9263C",                 // HEX
      "70 34 73 73 2f 77 20 22 6f 27 72 64 24 c3 a9 26 3c", // od -tx1
      "p4ss%2Fw%20%22o%27rd%24%C3%A9%26%3C",                // quote(safe='')
      "p4ss/w%20%22o%27rd%24%C3%A9%26%3C",                  // quote()
      "p4ss%2Fw+%22o%27rd%24%C3%A9%26%3C",                  // quote_plus
      "p4ss%2fw%20%22o%27rd%24%c3%a9%26%3c",                // lower case
      "p4ss%2Fw%20%22o'rd%24%C3%A9%26%3C",                  // encodeURIComponent
      "p4ss/w \\\"o'rd$\\u00e9&<",                          // json.dumps
      "p4ss/w \\\"o'rd$\xC3\xA9&<",                         // json.dumps(ensure_ascii=False)
      "p4ss\\/w \\\"o'rd$\\u00e9&<",                        // PHP
      "p4ss/w \\\"o'rd$\xC3\xA9\\u0026\\u003c",             // Go
      "p4ss/w \\\\\\\"o'rd$\xC3\xA9&<",                     // JSON within JSON
      "'p4ss/w \"o'\\''rd$\xC3\xA9&<'",                     // single quotes
      "'p4ss/w \"o'\"'\"'rd$\xC3\xA9&<'",                   // shlex.quote
      "p4ss/w\\ \\\"o\\'rd\\$\xC3\xA9\\&\\<",               // printf %q
      "$'p4ss/w \"o\\'rd$\\303\\251&<'",  // printf %q, and ${x@Q}, in the C locale
      "\"p4ss/w \\\"o'rd\\$\xC3\xA9&<\"", // double quotes
  };
  for (const std::string &spelling : spellings) {
    INFO(spelling);
    const std::string text = "before " + spelling + " after";
    const std::string out = redactor.redact(text);
    CHECK(out.find(kMark) != std::string::npos);
    CHECK(out.size() <= text.size());
    CHECK(out.find("rd$") == std::string::npos);
    CHECK(out.find("o'rd") == std::string::npos);
    CHECK(out.find("before ") == 0);
    CHECK(out.substr(out.size() - 6) == " after");
    check_every_cut(redactor, text);
  }
}

TEST_CASE("a secret is found as our own command lines quote it") {
  Redactor redactor;
  redactor.add("Tr0ub\\4d'or!3");
  const std::string quoted = mre::shell_quote("Tr0ub\\4d'or!3");
  CHECK(quoted == "'Tr0ub'\\\\'4d'\\''or'\\!'3'");
  CHECK(redactor.redact("sh -c " + quoted) == "sh -c '" + std::string(kMark) + "'");
}

TEST_CASE("base64 of any text around a secret hides all but the edges of it") {
  Redactor redactor;
  const std::string secret = "correct horse?>";
  redactor.add(secret);
  for (std::size_t before = 0; before < 7; ++before) {
    for (std::size_t after = 0; after < 4; ++after) {
      const std::string head(before, 'H');
      const std::string encoded = base64_encode(head + secret + std::string(after, 'T'));
      const std::string out = redactor.redact(encoded);
      INFO(encoded);
      REQUIRE(out.find(kMark) != std::string::npos);
      // What is left holds at most the edge characters that mix bits of the secret with its
      // neighbours.
      CHECK(out.size() - kMark.size() <= (before * 8 + 5) / 6 + (after * 8 + 5) / 6 + 4);
    }
  }
}

TEST_CASE("line breaks inside base64 and hex do not hide a secret") {
  Redactor redactor;
  redactor.add("correct horse battery");
  const std::string encoded = base64_encode("correct horse battery");
  for (std::size_t cut = 1; cut + 1 < encoded.size(); ++cut) {
    const std::string text = "AA" + encoded.substr(0, cut) + "\n" + encoded.substr(cut);
    INFO(text);
    CHECK(redactor.redact(text).find("AA" + kMark) == 0);
    CHECK(redactor.redact(text).size() <= 2 + kMark.size() + 2);
  }
  const std::string indented =
      encoded.substr(0, 9) + "\r\n    " + encoded.substr(9, 8) + "\\n" + encoded.substr(17);
  CHECK(redactor.redact(indented) == kMark);
  check_every_cut(redactor, "x" + indented + "y" + indented.substr(0, 14));
}

TEST_CASE("a key file is hidden line by line, its armour and headers stay") {
  Redactor redactor;
  redactor.add_key_file("-----BEGIN RSA PRIVATE KEY-----\r\nDEK-Info: AES-128-CBC,00\r\n\r\n"
                        "MIIEpAIBAAKCAQEAq3Zk4bQmZ0pP1x5V5p8mS2oE7jzqz8mZ0V5u7K2aGZ9bX1cQ\r\nshort="
                        "\r\n-----END RSA PRIVATE KEY-----\r\n");
  const std::string out = redactor.redact(
      "-----BEGIN RSA PRIVATE "
      "KEY-----\nMIIEpAIBAAKCAQEAq3Zk4bQmZ0pP1x5V5p8mS2oE7jzqz8mZ0V5u7K2aGZ9bX1cQ\nshort=\n");
  CHECK(out == "-----BEGIN RSA PRIVATE KEY-----\n" + kMark + "\n" + kMark + "\n");
  // Folded at another width, and encoded once more as base64(1) writes it.
  const std::string line = "MIIEpAIBAAKCAQEAq3Zk4bQmZ0pP1x5V5p8mS2oE7jzqz8mZ0V5u7K2aGZ9bX1cQ";
  std::string wrapped = base64_encode(line);
  wrapped.insert(76, "\n");
  CHECK(redactor.redact(wrapped).size() <= kMark.size() + 4);
}

TEST_CASE("a stream gives the whole answer for every cut, on texts made to be hard") {
  Redactor redactor;
  redactor.add("aaaaaa");
  redactor.add("aaabaaab");
  redactor.add("bababa");
  std::mt19937 random(20261121);
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += random() % 4 == 0 ? 'b' : 'a';
    }
    check_every_cut(redactor, text);
  }
}

TEST_CASE("every spelling survives every cut") {
  Redactor redactor;
  const std::string secret = "s3cr3t \"q'uo\"te\\ \xC3\xA9/+";
  redactor.add(secret);
  for (const Spelling &spelling : spellings_of(secret)) {
    const std::string text = "x" + spelling.text + "y";
    const std::string out = redactor.redact(text);
    INFO(text);
    REQUIRE(out.find(kMark) != std::string::npos);
    check_every_cut(redactor, text + text.substr(0, text.size() / 2));
  }
}

TEST_CASE("a stream holds back only what may become a secret") {
  Redactor redactor;
  redactor.add("hunter22");
  Redactor::Stream stream(redactor);
  CHECK(stream.push("progress 10%\n") == "progress 10%\n");
  CHECK(stream.push("go hunt") == "go ");
  CHECK(stream.push("ing\n") == "hunting\n");
  CHECK(stream.push("hunter2") == "");
  CHECK(stream.push("2!") == kMark + "!");
  CHECK(stream.finish() == "");
}

TEST_CASE("a stream knows secrets that are added while it runs") {
  Redactor redactor;
  Redactor::Stream stream(redactor);
  CHECK(stream.push("hunter22 ") == "hunter22 ");
  redactor.add("hunter22");
  CHECK(stream.push("hunter22 ") == kMark + " ");
}

TEST_CASE("JSON is cleaned in strings, keys and numbers, and keeps its shape") {
  Redactor redactor;
  redactor.add("hunter22");
  redactor.add("12345678");
  Json value =
      Json::parse(R"({"a": ["x hunter22", 12345678, 1.5, null, true], "hunter22": {"b": "c"}})");
  redactor.redact(value);
  CHECK(dump_json(value) ==
        R"({"[REDACTED]":{"b":"c"},"a":["x [REDACTED]","[REDACTED]",1.5,null,true]})");
}
