#include "core/config/ssh_config_lines.hpp"

#include "core/base/wildcard.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mre::config {
namespace {

// OpenSSH's own sets: white space between words, and what may end a line.
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kLineEnd = " \t\r\n\f";

void skip_blanks(std::string_view &rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
}

// Takes the keyword and one `=` with the white space around it.
std::string take_keyword(std::string_view &rest) {
  skip_blanks(rest);
  std::string keyword = ascii_lower(rest.substr(0, rest.find_first_of(" \t\r\n=")));
  rest.remove_prefix(keyword.size());
  skip_blanks(rest);
  if (!rest.empty() && rest.front() == '=') {
    rest.remove_prefix(1);
    skip_blanks(rest);
  }
  return keyword;
}

// Words with single and double quotes and backslashes, up to a comment. Nothing when a quote stays
// open.
class Words {
public:
  explicit Words(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> cut() {
    std::vector<std::string> words;
    while (true) {
      at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size());
      if (at_ == text_.size() || text_[at_] == '#') {
        return words;
      }
      auto word = take();
      if (!word) {
        return std::nullopt;
      }
      words.push_back(std::move(*word));
    }
  }

private:
  bool is_escape(char quote) const {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    return text_[at_] == '\\' &&
           (next == '\'' || next == '"' || next == '\\' || (quote == '\0' && next == ' '));
  }

  std::optional<std::string> take() {
    std::string word;
    char quote = '\0';
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (is_escape(quote)) {
        word += text_[++at_];
      } else if (quote == '\0' && (c == ' ' || c == '\t')) {
        break;
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != '\0' && c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    }
    return quote == '\0' ? std::optional(std::move(word)) : std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

SshConfigLines parse_ssh_config(std::string_view text) {
  SshConfigLines parsed;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view rest = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    rest = rest.substr(0, rest.find_last_not_of(kLineEnd) + 1); // npos + 1 is 0
    SshConfigLine line;
    line.number = number;
    line.keyword = take_keyword(rest);
    if (line.keyword.empty() || line.keyword.front() == '#') {
      continue;
    }
    line.rest = rest;
    auto arguments = Words(rest).cut();
    const auto complain = [&](const std::string &what) {
      parsed.complaints.push_back("line " + std::to_string(number) + ": " + what);
    };
    if (!arguments) {
      complain("a quote is not closed");
    } else if (arguments->empty()) {
      complain("there is nothing after the keyword");
    } else {
      line.arguments = std::move(*arguments);
      parsed.lines.push_back(std::move(line));
    }
  }
  return parsed;
}

std::vector<std::string> match_words(std::string_view rest) {
  std::vector<std::string> words;
  while (true) {
    skip_blanks(rest);
    if (rest.empty() || rest.front() == '#') {
      return words;
    }
    if (rest.front() == '"') {
      const std::size_t end = std::min(rest.find('"', 1), rest.size());
      words.emplace_back(rest.substr(1, end - 1));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    } else {
      words.emplace_back(rest.substr(0, rest.find_first_of(" \t\r\n=\"")));
      rest.remove_prefix(words.back().size());
    }
    skip_blanks(rest);
    if (!rest.empty() && rest.front() == '=') {
      rest.remove_prefix(1);
    }
  }
}

} // namespace mre::config
