#include "core/config/dotenv.hpp"

#include "core/base/result.hpp"
#include "core/config/trim.hpp"

#include <cstddef>

namespace mre::config {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_key(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view kRest =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !text.empty() && kLetters.find(text[0]) != std::string_view::npos &&
         text.find_first_not_of(kRest) == std::string_view::npos;
}

Error malformed(std::string message) {
  return Error{Errc::bad_argument, std::move(message), {}};
}

// What may stand behind a closing quote: nothing, or a comment set off by white space.
bool is_end_of_line(std::string_view rest) {
  const std::string_view text = trim(rest);
  return text.empty() || (text[0] == '#' && kBlank.find(rest[0]) != std::string_view::npos);
}

Result<std::string> single_quoted(std::string_view text) {
  const std::size_t end = text.find('\'', 1);
  if (end == std::string_view::npos) {
    return malformed("the single quote is not closed on the same line");
  }
  if (!is_end_of_line(text.substr(end + 1))) {
    return malformed("there is text after the closing quote");
  }
  return std::string(text.substr(1, end - 1));
}

Result<std::string> double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!is_end_of_line(text.substr(i + 1))) {
        return malformed("there is text after the closing quote");
      }
      return value;
    }
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    if (++i == text.size()) {
      break;
    }
    if (text[i] != 'n' && text[i] != '"' && text[i] != '\\') {
      return malformed("double quotes know the escapes \\n, \\\" and \\\\ only; use single quotes "
                       "for text that is to stay as it is");
    }
    value += text[i] == 'n' ? '\n' : text[i];
  }
  return malformed("the double quote is not closed on the same line");
}

std::string bare(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || kBlank.find(text[i - 1]) != std::string_view::npos)) {
      return std::string(trim(text.substr(0, i)));
    }
  }
  return std::string(text);
}

Result<std::string> parse_value(std::string_view text) {
  if (!text.empty() && text[0] == '\'') {
    return single_quoted(text);
  }
  if (!text.empty() && text[0] == '"') {
    return double_quoted(text);
  }
  return bare(text);
}

class Parser {
public:
  void line(std::string_view text) {
    ++number_;
    if (text.find('\0') != std::string_view::npos) {
      complain("holds a NUL byte; this is no text file");
      return;
    }
    text = trim(text);
    if (text.empty() || text[0] == '#') {
      return;
    }
    constexpr std::string_view kExport = "export";
    if (text.substr(0, kExport.size()) == kExport && text.size() > kExport.size() &&
        kBlank.find(text[kExport.size()]) != std::string_view::npos) {
      text = trim(text.substr(kExport.size()));
    }
    const std::size_t equals = text.find('=');
    const std::string_view key = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || !is_key(key)) {
      complain("is not KEY=VALUE (a key has letters, digits and underscores and does not begin "
               "with a digit)");
      return;
    }
    Result<std::string> value = parse_value(trim(text.substr(equals + 1)));
    if (!value) {
      complain(std::string(key) + ": " + value.error().message);
      return;
    }
    if (result_.variables.count(std::string(key)) != 0) {
      result_.warnings.push_back(place() + "sets " + std::string(key) +
                                 " again; the last one counts");
    }
    result_.variables[std::string(key)] = *std::move(value);
  }

  Dotenv take() { return std::move(result_); }

private:
  std::string place() const { return "line " + std::to_string(number_) + ": "; }
  void complain(const std::string &what) { result_.complaints.push_back(place() + what); }

  Dotenv result_;
  std::size_t number_ = 0;
};

} // namespace

Dotenv parse_dotenv(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  Parser parser;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    parser.line(line);
  }
  return parser.take();
}

} // namespace mre::config
