#include "core/cli/finding.hpp"

#include <algorithm>

namespace mre::cli {
namespace {

const char *word_of(Finding::State state) {
  switch (state) {
  case Finding::State::good:
    return "ok   ";
  case Finding::State::warning:
    return "warn ";
  case Finding::State::failed:
    return "FAIL ";
  case Finding::State::skipped:
    break;
  }
  return "-    ";
}

// Whatever a server or a system said stays one line.
std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') {
    text.pop_back();
  }
  return text;
}

} // namespace

std::string to_lines(const std::string &subject, const Findings &findings) {
  std::string lines;
  for (const Finding &finding : findings) {
    lines += word_of(finding.state) + (subject.empty() ? "" : subject + ": ") + finding.what +
             ": " + on_one_line(finding.text);
    lines += finding.remedy.empty() ? "\n" : " -> " + on_one_line(finding.remedy) + "\n";
  }
  return lines;
}

bool has_failed(const Findings &findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding &finding) {
    return finding.state == Finding::State::failed;
  });
}

} // namespace mre::cli
