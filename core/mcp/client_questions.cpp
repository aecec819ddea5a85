#include "core/mcp/client_questions.hpp"

#include "core/mcp/peer.hpp"
#include "core/tools/answer_check.hpp"

#include <utility>

namespace mre::mcp {
namespace {

constexpr std::size_t kShownReason = 512;

// The result, or why there is none.
Result<Json> usable_answer(const tools::InputRequest &question, ClientAnswer answer) {
  if (answer.timed_out && question.method == "elicitation/create") {
    return Json{{"action", "cancel"}};
  }
  if (answer.timed_out) {
    return Error{
        Errc::timed_out, "the client did not answer '" + question.method + "' in time", {}};
  }
  if (!answer.result) {
    const std::string *said = answer.error ? find_string(*answer.error, "message") : nullptr;
    return Error{Errc::denied,
                 "the client did not answer the question (" + question.method +
                     "): " + (said == nullptr ? "no usable result" : said->substr(0, kShownReason)),
                 {}};
  }
  MRE_TRY_VOID(tools::check_answer(question, *answer.result));
  return std::move(*answer.result);
}

} // namespace

ClientQuestions::ClientQuestions(std::shared_ptr<Exchange> exchange, Done done)
    : exchange_(std::move(exchange)), done_(std::move(done)) {}

void ClientQuestions::ask(const std::vector<tools::InputRequest> &questions) {
  state_.with([&](State &state) {
    for (const auto &question : questions) {
      state.open[question.key]; // all of them before the first answer can come
    }
  });
  for (const auto &question : questions) {
    if (state_.with([](const State &state) { return state.ended; })) {
      return; // given up, or refused by the first answers
    }
    const auto id = exchange_->peer().client_requests().ask(
        exchange_, question, [self = shared_from_this(), question](ClientAnswer answer) {
          self->on_answer(question, std::move(answer));
        });
    const bool too_late = state_.with([&](State &state) {
      if (const auto open = state.open.find(question.key); open != state.open.end()) {
        open->second = id;
      }
      return state.ended;
    });
    if (too_late) {
      exchange_->peer().client_requests().withdraw(id, "the call has ended");
    }
  }
}

void ClientQuestions::on_answer(const tools::InputRequest &question, ClientAnswer answer) {
  auto usable = usable_answer(question, std::move(answer));
  if (!usable) {
    if (take_back()) {
      done_(std::move(usable).error());
    }
    return;
  }
  auto all = state_.with([&](State &state) -> std::optional<Answers> {
    if (state.ended || state.open.erase(question.key) == 0) {
      return std::nullopt;
    }
    state.answers[question.key] = std::move(*usable);
    state.ended = state.open.empty();
    return state.ended ? std::optional(std::move(state.answers)) : std::nullopt;
  });
  if (all) {
    done_(std::move(*all));
  }
}

void ClientQuestions::give_up() {
  static_cast<void>(take_back());
}

// One of several threads may come first; the others find the round ended.
bool ClientQuestions::take_back() {
  std::map<std::string, std::string> open;
  const bool is_first = state_.with([&](State &state) {
    open = std::exchange(state.open, {});
    return !std::exchange(state.ended, true);
  });
  for (const auto &[key, id] : open) {
    if (!id.empty()) {
      exchange_->peer().client_requests().withdraw(id, "the call has ended");
    }
  }
  return is_first;
}

} // namespace mre::mcp
