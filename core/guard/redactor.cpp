#include "core/guard/redactor.hpp"

#include "core/base/guarded.hpp"
#include "core/guard/limits.hpp"
#include "core/guard/matcher.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace mre::guard {
namespace {

constexpr std::string_view kMark = "[REDACTED]";

struct Output {
  std::string text;
  std::size_t covered = 0; // bytes, from where the next text begins, that a mark already stands for
};

// Appends text up to `end` without what the matches cover. Overlapping matches leave one mark.
void write_without(std::string_view text, const std::vector<Matcher::Match> &matches,
                   std::size_t end, Output &output) {
  for (const Matcher::Match &match : matches) {
    if (match.begin >= output.covered) {
      output.text.append(text, output.covered, match.begin - output.covered);
      output.text.append(kMark);
    }
    output.covered = std::max(output.covered, match.end);
  }
  if (output.covered < end) {
    output.text.append(text, output.covered, end - output.covered);
    output.covered = end;
  }
  output.covered -= end;
}

// Lines of a private key file that carry the key: no armour, no headers ("DEK-Info: …").
bool is_key_material(std::string_view line) {
  return line.size() >= limits::kSecretMinimum && line.substr(0, 5) != "-----" &&
         line.find(':') == std::string_view::npos;
}

} // namespace

struct Redactor::Automaton {
  explicit Automaton(std::vector<Spelling> spellings) : matcher(std::move(spellings)) {}
  Matcher matcher;
};

struct Redactor::State {
  struct Known {
    std::set<std::string, std::less<>> secrets;
    std::vector<Spelling> spellings;
    std::shared_ptr<const Automaton>
        automaton; // null until it is asked for: secrets come in bursts
  };
  Guarded<Known> known;

  std::shared_ptr<const Automaton> automaton() {
    return known.with([](Known &value) {
      if (!value.automaton) {
        value.automaton = std::make_shared<const Automaton>(value.spellings);
      }
      return value.automaton;
    });
  }
};

Redactor::Redactor() : state_(std::make_unique<State>()) {}
Redactor::~Redactor() = default;

bool Redactor::add(std::string_view secret) {
  if (secret.size() < limits::kSecretMinimum) {
    return false;
  }
  state_->known.with([&](State::Known &known) {
    if (!known.secrets.emplace(secret).second) {
      return;
    }
    std::vector<Spelling> spellings = spellings_of(secret);
    std::move(spellings.begin(), spellings.end(), std::back_inserter(known.spellings));
    known.automaton.reset();
  });
  return true;
}

void Redactor::add_key_file(std::string_view content) {
  // The lines together are the whole content; a spelling of the whole would only lengthen what
  // streams must hold back.
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    if (is_key_material(line)) {
      add(line);
    }
  }
}

std::string Redactor::redact(std::string_view text) const {
  std::vector<Matcher::Match> matches;
  state_->automaton()->matcher.scan(text, Matcher::Rest::none, matches);
  if (matches.empty()) {
    return std::string(text);
  }
  Output output;
  output.text.reserve(text.size());
  write_without(text, matches, text.size(), output);
  return std::move(output.text);
}

void Redactor::redact(Json &value) const {
  if (value.is_string()) {
    auto &text = value.get_ref<std::string &>();
    text = redact(text);
  } else if (value.is_array()) {
    for (Json &item : value) {
      redact(item);
    }
  } else if (value.is_object()) {
    std::vector<std::pair<std::string, std::string>> renamed;
    for (auto &[key, item] : value.items()) {
      redact(item);
      if (std::string clean = redact(key); clean != key) {
        renamed.emplace_back(key, std::move(clean));
      }
    }
    for (auto &[key, clean] : renamed) {
      Json item = std::move(value[key]);
      value.erase(key);
      value[clean] = std::move(item);
    }
  } else if (value.is_number()) {
    // A secret of digits is one as a number, too.
    const std::string text = value.dump();
    if (std::string clean = redact(text); clean != text) {
      value = std::move(clean);
    }
  }
}

struct Redactor::Stream::State {
  Redactor::State *redactor = nullptr;
  std::string pending;     // not given out yet
  std::size_t covered = 0; // bytes at the head of pending that a mark already stands for
  std::vector<Matcher::Match> matches;

  std::string take(std::string_view text, Matcher::Rest rest) {
    matches.clear();
    const std::size_t end = redactor->automaton()->matcher.scan(text, rest, matches);
    Output output{{}, covered};
    output.text.reserve(end);
    write_without(text, matches, end, output);
    covered = output.covered;
    pending = text.substr(end);
    return std::move(output.text);
  }
};

Redactor::Stream::Stream(const Redactor &redactor) : state_(std::make_unique<State>()) {
  state_->redactor = redactor.state_.get();
}
Redactor::Stream::~Stream() = default;
Redactor::Stream::Stream(Stream &&) noexcept = default;
Redactor::Stream &Redactor::Stream::operator=(Stream &&) noexcept = default;

std::string Redactor::Stream::push(std::string_view bytes) {
  if (state_->pending.empty()) {
    return state_->take(bytes, Matcher::Rest::follows);
  }
  const std::string text = std::move(state_->pending) + std::string(bytes);
  return state_->take(text, Matcher::Rest::follows);
}

std::string Redactor::Stream::finish() {
  const std::string text = std::move(state_->pending);
  std::string out = state_->take(text, Matcher::Rest::none);
  state_->covered = 0;
  return out;
}

} // namespace mre::guard
