// One thing a checkup looked at: a line for a person.
//
// Threads: values.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace mre::cli {

struct Finding {
  enum class State { good, warning, failed, skipped };
  State state = State::good;
  std::string what;   // "host key"
  std::string text;   // what was seen
  std::string remedy; // the next step; may be empty

  static Finding good(std::string what, std::string text) {
    return {State::good, std::move(what), std::move(text), {}};
  }
  static Finding warning(std::string what, std::string text, std::string remedy) {
    return {State::warning, std::move(what), std::move(text), std::move(remedy)};
  }
  static Finding failed(std::string what, const Error &error) {
    return {State::failed, std::move(what), error.message, error.hint};
  }
  static Finding skipped(std::string what, std::string text) {
    return {State::skipped, std::move(what), std::move(text), {}};
  }
};

using Findings = std::vector<Finding>;

// One line each: "ok    web-1: host key: …"; `subject` may be empty. Remedies follow an arrow.
std::string to_lines(const std::string &subject, const Findings &findings);
bool has_failed(const Findings &findings);

} // namespace mre::cli
