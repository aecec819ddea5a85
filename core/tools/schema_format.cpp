// The formats that elicitation uses: email, uri, date, date-time.
#include "core/tools/schema_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace mre::tools::schema {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool in_range(std::optional<int> value, int low, int high) {
  return value && *value >= low && *value <= high;
}

// RFC 3339 full-date.
bool is_date(std::string_view text) {
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !year || !in_range(month, 1, 12)) {
    return false;
  }
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
  const int last = kDays[static_cast<std::size_t>(*month - 1)] + (*month == 2 && leap ? 1 : 0);
  return in_range(digits(text, 8, 2), 1, last);
}

bool is_offset(std::string_view text) {
  if (text == "Z" || text == "z") {
    return true;
  }
  return text.size() == 6 && (text[0] == '+' || text[0] == '-') &&
         in_range(digits(text, 1, 2), 0, 23) && text[3] == ':' &&
         in_range(digits(text, 4, 2), 0, 59);
}

// RFC 3339 date-time; a leap second is allowed at any minute, since which minutes have one is not
// known here.
bool is_date_time(std::string_view text) {
  if (text.size() < 20 || !is_date(text.substr(0, 10)) || (text[10] != 'T' && text[10] != 't')) {
    return false;
  }
  if (!in_range(digits(text, 11, 2), 0, 23) || text[13] != ':' ||
      !in_range(digits(text, 14, 2), 0, 59) || text[16] != ':' ||
      !in_range(digits(text, 17, 2), 0, 60)) {
    return false;
  }
  std::size_t at = 19;
  if (text[at] == '.') {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
    if (end == at + 1) {
      return false;
    }
    at = end;
  }
  return is_offset(text.substr(at));
}

// What mail programs accept: a local part without blanks and a domain of labels; not the whole of
// RFC 5322.
bool is_email(std::string_view text) {
  const std::size_t sign = text.rfind('@');
  if (sign == std::string_view::npos || sign == 0 || sign > 64 || text.size() > 254) {
    return false;
  }
  const std::string_view local = text.substr(0, sign);
  const std::string_view domain = text.substr(sign + 1);
  const auto is_plain = [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '@' && c != '\x7f';
  };
  const auto is_label = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ||
           static_cast<unsigned char>(c) > 127;
  };
  return std::all_of(local.begin(), local.end(), is_plain) && local.front() != '.' &&
         local.back() != '.' && local.find("..") == std::string_view::npos && !domain.empty() &&
         std::all_of(domain.begin(), domain.end(), is_label) && domain.front() != '.' &&
         domain.back() != '.' && domain.front() != '-' && domain.back() != '-' &&
         domain.find("..") == std::string_view::npos;
}

// RFC 3986: a scheme, a colon, and only characters a URI may hold.
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      std::isalpha(static_cast<unsigned char>(text[0])) == 0) {
    return false;
  }
  constexpr std::string_view kForbidden = "\"<>\\^`{|}";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool in_scheme = i < colon;
    if (c <= ' ' || c >= 0x7f || kForbidden.find(text[i]) != std::string_view::npos) {
      return false;
    }
    if (in_scheme && std::isalnum(c) == 0 && c != '+' && c != '-' && c != '.') {
      return false;
    }
    if (c == '%' &&
        (i + 2 >= text.size() || std::isxdigit(static_cast<unsigned char>(text[i + 1])) == 0 ||
         std::isxdigit(static_cast<unsigned char>(text[i + 2])) == 0)) {
      return false;
    }
  }
  return true;
}

} // namespace

bool is_of_format(Format format, std::string_view text) {
  switch (format) {
  case Format::none:
    return true;
  case Format::email:
    return is_email(text);
  case Format::uri:
    return is_uri(text);
  case Format::date:
    return is_date(text);
  case Format::date_time:
    return is_date_time(text);
  }
  return true;
}

} // namespace mre::tools::schema
