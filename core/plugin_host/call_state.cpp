#include "core/plugin_host/call_state.hpp"

#include "core/guard/limits.hpp"
#include "core/plugin_host/abi.hpp"
#include "core/plugin_host/instance.hpp"
#include "core/plugin_host/parts.hpp"
#include "core/tools/answer_check.hpp"

namespace mre::plugin_host {
namespace {

constexpr const char *kElicitation = "elicitation/create";

Error plugin_defect(std::string message) {
  return {Errc::internal, std::move(message),
          "this is a defect of the plugin; its log lines say more"};
}

// Near what the block takes in the answer; a text, which is nearly all of it, is not dumped only to
// be measured.
std::size_t size_of(const Json &block) {
  const std::string *text = find_string(block, "text");
  return text != nullptr ? text->size() : dump_json(block).size();
}

} // namespace

std::shared_ptr<CallState> CallState::begin(CallOrigin origin) {
  auto state = std::make_shared<CallState>(std::move(origin));
  state->handle_ = state->plugin().parts().calls.open(state, state->origin_.plugin);
  const auto stop = [source = state->stop_]() mutable { source.request_stop(); };
  if (state->context() != nullptr) {
    state->client_stops_.emplace(state->context()->stop_token(), stop);
  }
  state->plugin_stops_.emplace(state->plugin().ending(), stop);
  state->plugin().parts().watch.begin();
  return state;
}

CallState::CallState(CallOrigin origin)
    : origin_(std::move(origin)), last_sign_(plugin().parts().clock.now()) {}

void CallState::note_sign() {
  last_sign_ = plugin().parts().clock.now();
}

void CallState::leave_service() {
  note_sign();
  --services_;
}

void CallState::look_after(SteadyTime now, Milliseconds patience) {
  if (context() == nullptr || services_ > 0) {
    return;
  }
  const auto silence = std::chrono::duration_cast<Milliseconds>(now - last_sign_.load());
  if (stop_token().stop_requested()) {
    if (silence >= limits::kCancelPatience && !is_deaf_.exchange(true)) {
      plugin().blame(what() + " was cancelled and does not end");
    }
  } else if (silence >= patience) {
    give_up(silence);
  }
}

std::string CallState::id() const {
  return context() != nullptr ? context()->call_id() : std::string();
}

std::string CallState::what() const {
  switch (origin_.kind) {
  case CallKind::tool:
    return "tool '" + origin_.name + "'";
  case CallKind::resource:
    return "resource '" + origin_.name + "'";
  case CallKind::prompt:
    return "prompt '" + origin_.name + "'";
  case CallKind::command:
    return "command '" + origin_.name + "'";
  case CallKind::job:
    return "a job";
  case CallKind::completion:
    break;
  }
  return "completion";
}

Result<void> CallState::check_room(const Data &data, std::size_t bytes) const {
  if (context() == nullptr) {
    return Error{Errc::unsupported, what() + " has no result to give", {}};
  }
  if (data.bytes + bytes > limits::kResultBytes) {
    return Error{Errc::too_large,
                 "the result of " + what() + " is larger than " +
                     std::to_string(limits::kResultBytes) + " bytes",
                 "ask for a part of it"};
  }
  return {};
}

Result<void> CallState::check_room(std::size_t bytes) const {
  return data_.with([&](const Data &data) { return check_room(data, bytes); });
}

Result<void> CallState::add_content(Json block) {
  const std::size_t bytes = size_of(block);
  return data_.with([&](Data &data) -> Result<void> {
    MRE_TRY_VOID(check_room(data, bytes));
    data.bytes += bytes;
    data.result.content.push_back(std::move(block));
    data.is_given = true;
    return {};
  });
}

Result<void> CallState::set_structured(Json value) {
  const std::size_t bytes = dump_json(value).size();
  return data_.with([&](Data &data) -> Result<void> {
    if (data.result.structured) {
      return Error{Errc::bad_argument, what() + " has its structured result already", {}};
    }
    MRE_TRY_VOID(check_room(data, bytes));
    data.bytes += bytes;
    data.result.structured = std::move(value);
    data.is_given = true;
    return {};
  });
}

void CallState::set_result(tools::ToolResult result) {
  data_.with([&](Data &data) {
    data.result = std::move(result);
    data.is_given = true;
  });
}

void CallState::set_failure(Error error) {
  data_.with([&](Data &data) { data.failure = std::move(error); });
}

void CallState::note_refusal(Error error) {
  data_.with([&](Data &data) { data.refusal = std::move(error); });
}

Result<std::optional<Json>> CallState::checked_answer(const tools::InputRequest &question,
                                                      const Json &answer) {
  MRE_TRY_VOID(tools::check_answer(question, answer));
  return std::optional<Json>(answer);
}

Result<std::optional<Json>> CallState::ask(const std::string &key, const Json &request) {
  if (context() == nullptr) {
    return Error{Errc::unsupported, "nobody can be asked by " + what(), {}};
  }
  if (key.empty() || !request.is_object() || find_string(request, "message") == nullptr) {
    plugin().blame(what() + " asked without a key or a message");
    return Error{Errc::bad_argument, "a question needs a key and an object with a message", {}};
  }
  if (const Json *answer = context()->answer(key)) {
    return checked_answer({key, kElicitation, request}, *answer);
  }
  if (!context()->can_ask(kElicitation)) {
    return Error{Errc::denied,
                 "the person has to be asked, and this client cannot ask: " +
                     *find_string(request, "message"),
                 "use a client that supports elicitation, or an argument that gives the consent"};
  }
  return note_question({key, kElicitation, request});
}

Result<std::optional<Json>> CallState::request(tools::InputRequest request) {
  if (context() == nullptr) {
    return Error{Errc::unsupported, "nobody can be asked while completing", {}};
  }
  if (request.key.empty() || !request.params.is_object()) {
    plugin().blame(what() + " asked without a key or with params that are no object");
    return Error{Errc::bad_argument, "a request needs a key and an object of params", {}};
  }
  if (const Json *answer = context()->answer(request.key)) {
    return checked_answer(request, *answer);
  }
  if (!context()->can_ask(request.method)) {
    return Error{Errc::denied, "this client cannot be asked by '" + request.method + "'",
                 "use a client that declares it"};
  }
  return note_question(std::move(request));
}

void CallState::set_protocol_error(tools::ProtocolError error) {
  data_.with([&](Data &data) { data.protocol_error = std::move(error); });
}

// Nothing: the call has to unwind.
Result<std::optional<Json>> CallState::note_question(tools::InputRequest question) {
  const std::string key = question.key;
  const bool is_late = data_.with([&](Data &data) {
    if (!data.has_effect) {
      data.questions.push_back(std::move(question));
    }
    return data.has_effect;
  });
  if (is_late) {
    plugin().blame(what() + " asked '" + key + "' after its first effect");
    return Error{
        Errc::denied,
        "a question after the first effect cannot be asked: the call would run again from the top",
        {}};
  }
  return std::optional<Json>();
}

// In the order of the calls, which a tool repeats when it runs again from the top.
std::string CallState::next_nested_prefix() {
  const int number = data_.with([](Data &data) { return ++data.nested_calls; });
  return "call" + std::to_string(number) + "/";
}

bool CallState::has_effect() const {
  return data_.with([](const Data &data) { return data.has_effect; });
}

void CallState::add_questions(std::vector<tools::InputRequest> questions) {
  data_.with([&](Data &data) {
    for (auto &question : questions) {
      data.questions.push_back(std::move(question));
    }
  });
}

void CallState::note_effect() {
  if (!origin_.is_read_only) {
    data_.with([](Data &data) { data.has_effect = true; });
  }
}

void CallState::at_end(std::function<void()> cleanup) {
  data_.with([&](Data &data) { data.cleanups.push_back(std::move(cleanup)); });
}

void CallState::finish(mre_status status, Error error) {
  enum class Then { nothing, conclude, release, blame };
  const Then then = data_.with([&](Data &data) {
    switch (data.phase) {
    case Phase::running:
      if (data.early) {
        return Then::blame;
      }
      data.early = Finish{status, error};
      return Then::nothing;
    case Phase::deferred:
      return Then::conclude;
    case Phase::abandoned:
      return Then::release;
    case Phase::ending:
    case Phase::ended:
      break;
    }
    return Then::blame;
  });
  if (then == Then::conclude) {
    conclude({status, std::move(error)});
  } else if (then == Then::release) {
    release();
  } else if (then == Then::blame) {
    plugin().blame(what() + " was finished twice");
  }
}

void CallState::settle(mre_status status, Error error) {
  enum class Late { no, keeps, lets_go };
  Late late = Late::no;
  const auto early = data_.with([&](Data &data) {
    data.is_inside = false;
    if (data.phase == Phase::abandoned) {
      late = status == MRE_DEFERRED ? Late::keeps : Late::lets_go;
    } else if (status == MRE_DEFERRED && !data.early) {
      data.phase = Phase::deferred;
    }
    return data.early;
  });
  if (late != Late::no) { // the client was answered meanwhile
    if (late == Late::lets_go) {
      release();
    }
    return;
  }
  if (status != MRE_DEFERRED) {
    if (early) {
      plugin().blame(what() + " was finished and answered as well");
    }
    conclude({status, std::move(error)});
    return;
  }
  if (early) {
    conclude(*early);
    return;
  }
  // Armed last: the callback runs at once when the call was cancelled meanwhile.
  when_deferred_.emplace(stop_token(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->abandon();
    }
  });
}

// The client is answered now; the plugin still holds the handle.
void CallState::abandon() {
  const bool is_ours = data_.with([](Data &data) {
    const bool was_deferred = data.phase == Phase::deferred;
    data.phase = was_deferred ? Phase::abandoned : data.phase;
    return was_deferred;
  });
  if (is_ours && context() != nullptr) {
    context()->finish(tools::ToolResult::failure({Errc::cancelled, what() + " was cancelled", {}}));
  }
}

// The client does not wait for ever. A call that is still inside the plugin keeps its place there.
void CallState::give_up(Milliseconds silence) {
  const bool is_ours = data_.with([&](Data &data) {
    const bool is_open = data.phase == Phase::deferred || data.phase == Phase::running;
    data.phase = is_open ? Phase::abandoned : data.phase;
    data.is_stuck = is_open && data.is_inside;
    if (data.is_stuck) {
      plugin().gate().note_stuck();
    }
    return is_open;
  });
  if (!is_ours) {
    return;
  }
  const std::string seconds = std::to_string(silence.count() / 1000) + " s";
  plugin().blame(what() + " gave no sign of life for " + seconds + " and was answered for it");
  context()->finish(tools::ToolResult::failure(
      {Errc::timed_out,
       what() + " of plugin " + plugin().id() + " gave no sign of life for " + seconds +
           " (MAX_TIMEOUT); whether it still does something is not known",
       "look at what it did before you call it again; this is a defect of the plugin"}));
  stop_.request_stop();
}

void CallState::conclude(const Finish &end) {
  std::optional<Data> data = data_.with([](Data &held) -> std::optional<Data> {
    if (held.phase != Phase::running && held.phase != Phase::deferred) {
      return std::nullopt;
    }
    held.phase = Phase::ending;
    Data taken = std::move(held);
    held = Data{};
    held.phase = Phase::ending;
    held.is_inside = taken.is_inside;
    held.cleanups = std::move(taken.cleanups);
    return taken;
  });
  if (!data) {
    return;
  }
  if (context() != nullptr) {
    tell(end, std::move(*data));
  }
  release();
}

void CallState::tell(const Finish &end, Data data) {
  if (data.protocol_error) {
    context()->fail_protocol(std::move(*data.protocol_error));
    return;
  }
  if (end.status == MRE_NEEDS_INPUT) {
    if (!data.questions.empty()) {
      context()->suspend(std::move(data.questions));
      return;
    }
    plugin().blame(what() + " wants input and asked nothing");
    context()->finish(tools::ToolResult::failure(
        plugin_defect(what() + " waits for an answer to a question it never asked")));
    return;
  }
  context()->finish(to_result(end, data));
}

tools::ToolResult CallState::to_result(const Finish &end, Data &data) const {
  tools::ToolResult result = std::move(data.result);
  if (end.status != MRE_OK) {
    if (end.status < 0) {
      const std::string defect =
          what() + " ended with the status " + std::to_string(end.status) + ", which is no end";
      plugin().blame(defect);
      result.error = plugin_defect(defect + " (plugin " + plugin().id() + ")");
      return result;
    }
    // The longer text wins: mre_error cuts what fail() got whole.
    result.error =
        data.failure && data.failure->code == to_errc(end.status) ? *data.failure : end.error;
    if (result.error->message.empty() && data.refusal && data.refusal->code == result.error->code) {
      result.error = *data.refusal;
    }
    if (result.error->message.empty()) {
      const std::string defect =
          what() + " failed with status " + std::to_string(end.status) + " and gave no reason";
      plugin().blame(defect);
      result.error->message = defect + " (plugin " + plugin().id() + ")";
    }
    return result;
  }
  if (!data.is_given && origin_.kind != CallKind::command) {
    plugin().blame(what() + " ended well without giving a result");
    result.error = plugin_defect(what() + " of plugin " + plugin().id() + " gave no result");
  } else if (result.structured && result.content.empty() && origin_.kind == CallKind::tool) {
    result.content.push_back({{"type", "text"}, {"text", dump_json(*result.structured)}});
  }
  return result;
}

void CallState::release() {
  auto cleanups = data_.with([](Data &data) {
    data.phase = Phase::ended;
    return std::exchange(data.cleanups, {});
  });
  for (auto &cleanup : cleanups) {
    cleanup();
  }
  const auto self = shared_from_this(); // the handle may have been the last holder
  plugin().parts().calls.close(handle_);
  if (origin_.kind != CallKind::job) { // Background counts those
    if (data_.with([](const Data &data) { return data.is_stuck; })) {
      plugin().gate().note_loose();
    }
    plugin().gate().leave();
  }
}

std::shared_ptr<void> keep_in_service(const std::shared_ptr<CallState> &call) {
  call->enter_service();
  return {nullptr, [call](void *) { call->leave_service(); }};
}

} // namespace mre::plugin_host
