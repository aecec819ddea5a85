#include "core/tools/schema_compare.hpp"

#include <cmath>

namespace mre::tools::schema {
namespace {

// 64 bits of mantissa or more on every platform the server is built for, so both kinds of integers
// survive.
long double to_exact(const Json &number) {
  if (number.is_number_unsigned()) {
    return static_cast<long double>(number.get<std::uint64_t>());
  }
  if (number.is_number_integer()) {
    return static_cast<long double>(number.get<std::int64_t>());
  }
  return static_cast<long double>(number.get<double>());
}

void append_canonical(std::string &out, const Json &value) {
  if (value.is_object()) {
    out += '{';
    for (const auto &[key, member] : value.items()) {
      out += json_quote(key) + ":";
      append_canonical(out, member);
      out += ',';
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const Json &item : value) {
      append_canonical(out, item);
      out += ',';
    }
    out += ']';
  } else if (value.is_number_float() && is_whole(value) &&
             std::fabs(value.get<double>()) < 9.2e18) {
    out += std::to_string(static_cast<std::int64_t>(value.get<double>()));
  } else {
    out += dump_json(value);
  }
}

} // namespace

int compare_numbers(const Json &a, const Json &b) {
  const long double left = to_exact(a);
  const long double right = to_exact(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

bool is_multiple(const Json &value, const Json &factor) {
  const long double amount = to_exact(value);
  const long double unit = to_exact(factor);
  const long double quotient = amount / unit;
  // Beyond 2^53 rounding hides the remainder, so it is taken exactly; below, 0.0075 counts as a
  // multiple of 0.0001.
  if (std::fabs(quotient) > 9007199254740992.0L) {
    return std::isfinite(quotient) && std::fmod(amount, unit) == 0;
  }
  const long double distance = std::fabs(quotient - std::round(quotient));
  return value.is_number_integer() && factor.is_number_integer() ? distance == 0 : distance < 1e-9L;
}

bool is_whole(const Json &number) {
  return number.is_number_integer() ||
         (number.is_number_float() && std::trunc(number.get<double>()) == number.get<double>());
}

std::string canonical_text(const Json &value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

bool is_equal(const Json &a, const Json &b) {
  if (a.is_string() || b.is_string()) {
    return a == b;
  }
  return canonical_text(a) == canonical_text(b);
}

} // namespace mre::tools::schema
