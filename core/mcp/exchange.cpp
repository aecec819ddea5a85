#include "core/mcp/exchange.hpp"

#include "core/mcp/peer.hpp"

#include <atomic>
#include <utility>

namespace mre::mcp {

namespace {
std::atomic<std::uint64_t> last_number{0};
}

Exchange::Exchange(Request request, std::shared_ptr<Peer> peer)
    : number_(++last_number), request_(std::move(request)), peer_(std::move(peer)) {}

std::uint64_t Exchange::newest_number() {
  return last_number;
}

void Exchange::succeed(Reply reply) {
  answer(render_reply(request_.id, request_.era, std::move(reply)), 200);
}

void Exchange::fail(const tools::ProtocolError &error, int status) {
  answer(peer_->failure_text(request_.id, error), status);
}

void Exchange::answer(std::string text, int status) {
  enum class Turn { first_and_heard, first_and_silent, second };
  const Turn turn = state_.with([](State &state) {
    if (std::exchange(state.answered, true)) {
      return Turn::second;
    }
    state.action = nullptr;
    return state.silent ? Turn::first_and_silent : Turn::first_and_heard;
  });
  if (turn == Turn::second) {
    peer_->log().warn("second_answer_dropped",
                      {{"id", id_key(request_.id)}, {"method", request_.method}});
    return;
  }
  // Before the answer leaves: a client may use the id again as soon as it has it.
  peer_->forget_id(*this);
  if (turn == Turn::first_and_heard) {
    peer_->outlet().send({request_.stream, std::move(text), true, false, status});
  }
  peer_->release(*this);
}

// The outlet only queues (see outlet.hpp); under the lock, so that nothing of this request
// overtakes its answer.
void Exchange::notify(std::string_view method, const Json &params, bool may_drop) {
  std::string text = render_notification(method, params);
  state_.with([&](State &state) {
    if (!state.answered && !state.silent) {
      peer_->outlet().send({request_.stream, std::move(text), false, may_drop});
    }
  });
}

void Exchange::send_request(const std::string &text) {
  state_.with([&](State &state) {
    if (!state.answered && !state.silent) {
      peer_->outlet().send({request_.stream, text});
    }
  });
}

void Exchange::pause_stream() {
  state_.with([&](State &state) {
    if (!state.answered && !state.silent) {
      peer_->outlet().pause(request_.stream);
    }
  });
}

void Exchange::stop(Stop why) {
  const auto action = state_.with([&](State &state) -> std::function<void()> {
    const bool falls_silent = why == Stop::cancelled && !state.silent && !state.answered;
    state.silent = state.silent || why == Stop::cancelled;
    state.stopped = true;
    if (falls_silent) {
      peer_->outlet().abandon(request_.stream);
    }
    return state.answered ? nullptr : state.action;
  });
  if (action) {
    action();
  }
}

void Exchange::on_stop(std::function<void()> action) {
  const bool stopped = state_.with([&](State &state) {
    if (!state.answered) {
      state.action = action;
    }
    return state.stopped && !state.answered;
  });
  if (stopped) {
    action();
  }
}

bool Exchange::is_stopped() const {
  return state_.with([](const State &state) { return state.stopped; });
}

} // namespace mre::mcp
