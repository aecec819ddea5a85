#include "core/config/reader.hpp"

#include "core/config/names.hpp"
#include "core/config/trim.hpp"

#include <charconv>

namespace mre::config {
std::optional<bool> parse_boolean(std::string_view text) {
  const std::string word = to_lower(trim(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") {
    return true;
  }
  if (word == "false" || word == "no" || word == "off" || word == "0") {
    return false;
  }
  return std::nullopt;
}

std::optional<std::string> Reader::text(const std::string &name) const {
  const auto found = sources_.variables.find(name);
  return found == sources_.variables.end() ? std::nullopt : std::optional(found->second);
}

bool Reader::boolean(const std::string &name, bool fallback) {
  const auto value = text(name);
  if (!value) {
    return fallback;
  }
  const std::optional<bool> parsed = parse_boolean(*value);
  if (!parsed) {
    complain(name, "true or false (also yes, no, on, off, 1, 0)");
  }
  return parsed.value_or(fallback);
}

std::uint64_t Reader::number(const std::string &name, NumberRange range) {
  const auto value = text(name);
  if (!value) {
    return range.fallback;
  }
  const std::string_view digits = trim(*value);
  std::uint64_t parsed = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
  const bool is_number = problem == std::errc() && end == digits.data() + digits.size();
  if (is_number && parsed >= range.low && parsed <= range.high) {
    return parsed;
  }
  std::string expected =
      "a whole number from " + std::to_string(range.low) + " to " + std::to_string(range.high);
  if (!range.unit.empty()) {
    expected += " (" + std::string(range.unit) + ")";
  }
  complain(name, expected);
  return range.fallback;
}

std::size_t Reader::word(const std::string &name, std::size_t fallback,
                         const std::vector<std::string> &words) {
  const auto value = text(name);
  if (!value) {
    return fallback;
  }
  const std::string lower = to_lower(trim(*value));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == lower) {
      return i;
    }
  }
  complain(name, one_of(words));
  return fallback;
}

std::vector<std::string> Reader::list(const std::string &name, char separator) const {
  std::vector<std::string> parts;
  const std::string whole = text(name).value_or("");
  for (std::size_t begin = 0; begin <= whole.size();) {
    const std::size_t end = std::min(whole.find(separator, begin), whole.size());
    const std::string_view part = trim(std::string_view(whole).substr(begin, end - begin));
    if (!part.empty()) {
      parts.emplace_back(part);
    }
    begin = end + 1;
  }
  return parts;
}

bool Reader::is_set(const std::string &name) const {
  return sources_.variables.count(name) != 0 || sources_.refused.count(name) != 0;
}

std::string Reader::where(const std::string &name) const {
  return sources_.from_file.count(name) == 0 ? name : name + " (in " + sources_.settings_file + ")";
}

void Reader::complain(const std::string &name, std::string_view expected) {
  complaints_.push_back(where(name) + " is " + shown(text(name).value_or("")) + "; expected " +
                        std::string(expected));
}

} // namespace mre::config
