#include "core/guard/spellings.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/guard/limits.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mre::guard {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

std::string upper(std::string text) {
  for (char &c : text) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

std::string replaced(std::string_view text, char from, std::string_view to) {
  std::string out;
  for (const char c : text) {
    if (c == from) {
      out += to;
    } else {
      out += c;
    }
  }
  return out;
}

// The base64 characters that depend on nothing but the secret when `before` bytes stand in front of
// it: the first character that also carries bits of the text before, and the last that also carries
// bits of what follows, are left out.
std::string base64_inside(std::string_view secret, std::size_t before) {
  const std::string encoded = base64_encode(std::string(before, '\0') + std::string(secret));
  const std::size_t begin = (before * 8 + 5) / 6;
  const std::size_t end = (before + secret.size()) * 8 / 6;
  return encoded.substr(begin, end - begin);
}

std::string percent_encoded(std::string_view secret, std::string_view kept, bool is_upper) {
  std::string out;
  for (const char c : secret) {
    const std::string hex = hex_encode(std::string_view(&c, 1));
    if (is_one_of(c, kLetters) || is_one_of(c, kept)) {
      out += c;
    } else {
      out += '%' + (is_upper ? upper(hex) : hex);
    }
  }
  return out;
}

std::string percent_encoded_everywhere(std::string_view secret, bool is_upper) {
  std::string out;
  for (const char c : secret) {
    const std::string hex = hex_encode(std::string_view(&c, 1));
    out += '%' + (is_upper ? upper(hex) : hex);
  }
  return out;
}

std::string separated_hex(std::string_view secret, bool is_upper) {
  std::string out;
  for (const char c : secret) {
    const std::string hex = hex_encode(std::string_view(&c, 1));
    out += (out.empty() ? "" : " ") + (is_upper ? upper(hex) : hex);
  }
  return out;
}

// A JSON string without its quotes. Beyond ASCII as \u escapes where `is_ascii`.
std::string json_inside(std::string_view secret, bool is_ascii, bool is_upper) {
  const Json value = std::string(secret);
  std::string text = value.dump(-1, ' ', is_ascii, Json::error_handler_t::replace);
  text = text.substr(1, text.size() - 2);
  if (!is_upper) {
    return text;
  }
  for (std::size_t at = text.find("\\u"); at != std::string::npos; at = text.find("\\u", at + 2)) {
    for (std::size_t i = at + 2; i < std::min(at + 6, text.size()); ++i) {
      text[i] = upper(std::string(1, text[i]))[0];
    }
  }
  return text;
}

std::string backslashed(std::string_view secret, std::string_view special_only) {
  constexpr std::string_view kSafe = "@%+:,./_-";
  std::string out;
  for (const char c : secret) {
    const bool is_special = special_only.empty()
                                ? !is_one_of(c, kLetters) && !is_one_of(c, kSafe) &&
                                      static_cast<unsigned char>(c) < 0x80
                                : is_one_of(c, special_only);
    out += is_special ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

// The inside of single quotes as mre::shell_quote() writes it, for shells that read backslashes and
// ! there.
std::string single_quoted(std::string_view secret) {
  std::string out;
  for (const char c : secret) {
    out += is_one_of(c, "'\\!") ? std::string("'\\") + c + '\'' : std::string(1, c);
  }
  return out;
}

// The inside of bash's $'…', in the C locale: octal for what is not printable ASCII.
std::string dollar_quoted(std::string_view secret) {
  constexpr std::string_view kPlain = "\a\b\t\n\v\f\r\\'";
  constexpr std::string_view kEscaped = "abtnvfr\\'";
  std::string out;
  for (const char c : secret) {
    const auto value = static_cast<unsigned char>(c);
    if (const std::size_t at = kPlain.find(c); at != std::string_view::npos) {
      out += std::string("\\") + kEscaped[at];
    } else if (value < 0x20 || value >= 0x7F) {
      out += '\\';
      for (const unsigned shift : {6U, 3U, 0U}) {
        out += static_cast<char>('0' + (value >> shift & 7U));
      }
    } else {
      out += c;
    }
  }
  return out;
}

class Collector {
public:
  explicit Collector(std::string_view secret) : secret_(secret) {}

  std::vector<Spelling> collect() {
    add(std::string(secret_));
    add_base64();
    add_urls();
    add_hex();
    add_json();
    add_shell();
    return std::move(list_);
  }

private:
  void add(std::string text, bool may_wrap = false) {
    if (text.size() >= limits::kSecretMinimum && seen_.insert(text).second) {
      list_.push_back({std::move(text), may_wrap});
    }
  }

  // The search anchors on the first bytes of a spelling, so a line break among those is spelled
  // out. For long texts (lines of keys) one more anchor further in does: what stays visible is a
  // few characters of a line.
  void add_wrapped(const std::string &text) {
    constexpr std::size_t kLong = 64;
    add(text, true);
    if (text.size() >= kLong) {
      add(text.substr(limits::kSecretMinimum), true);
      return;
    }
    for (std::size_t cut = 1; cut < limits::kSecretMinimum; ++cut) {
      add(text.substr(0, cut) + "\n" + text.substr(cut), true);
    }
  }

  void add_base64() {
    for (std::size_t before = 0; before < 3; ++before) {
      const std::string text = base64_inside(secret_, before);
      add_wrapped(text);
      add_wrapped(replaced(replaced(text, '+', "-"), '/', "_"));
    }
  }

  void add_urls() {
    // RFC 3986 unreserved; encodeURIComponent; Python's quote; encodeURI. Forms write a blank as
    // "+".
    for (const std::string_view kept : {"-_.~", "-_.~!'()*", "-_.~/", "-_.~!'()*;/?:@&=+$,#"}) {
      for (const bool is_upper : {true, false}) {
        const std::string text = percent_encoded(secret_, kept, is_upper);
        add(text);
        std::string form;
        for (std::size_t i = 0; i < text.size(); ++i) {
          const bool is_blank = text.compare(i, 3, "%20") == 0;
          form += is_blank ? '+' : text[i];
          i += is_blank ? 2 : 0;
        }
        add(form);
      }
    }
    add(percent_encoded_everywhere(secret_, true));
    add(percent_encoded_everywhere(secret_, false));
  }

  void add_hex() {
    const std::string hex = hex_encode(secret_);
    add_wrapped(hex);
    add_wrapped(upper(hex));
    add(separated_hex(secret_, false));
    add(separated_hex(secret_, true));
  }

  void add_json() {
    for (const bool is_ascii : {false, true}) {
      for (const bool is_upper : {false, true}) {
        const std::string text = json_inside(secret_, is_ascii, is_upper);
        add(text);
        add(replaced(text, '/', "\\/"));      // PHP
        add(json_inside(text, false, false)); // JSON within JSON
        // Go and Rails keep JSON safe inside HTML.
        std::string html = text;
        for (const auto &[c, escape] :
             {std::pair('<', "\\u003c"), std::pair('>', "\\u003e"), std::pair('&', "\\u0026")}) {
          html =
              replaced(html, c, is_upper ? "\\u" + upper(std::string(escape).substr(2)) : escape);
        }
        add(html);
      }
    }
  }

  void add_shell() {
    add(single_quoted(secret_));
    add(replaced(secret_, '\'', "'\\''"));
    add(replaced(secret_, '\'', "'\"'\"'"));
    add(backslashed(secret_, {}));       // printf %q
    add(backslashed(secret_, "\"$`\\")); // inside double quotes
    add(backslashed(secret_, "\"$`\\!"));
    add(dollar_quoted(secret_));
    add(replaced(replaced(backslashed(secret_, "\\'"), '\n', "\\n"), '\t',
                 "\\t"));               // the same in a UTF-8 locale
    add(replaced(secret_, '\'', "''")); // YAML, SQL
  }

  std::string_view secret_;
  std::vector<Spelling> list_;
  std::set<std::string> seen_;
};

} // namespace

std::vector<Spelling> spellings_of(std::string_view secret) {
  return Collector(secret).collect();
}

} // namespace mre::guard
