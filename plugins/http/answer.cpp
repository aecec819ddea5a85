#include "answer.hpp"

#include "limits.hpp"

#include <mre/plugin.hpp>

#include <utility>

namespace mre_http {

Answer::~Answer() {
  waiting_of_all_ -= waiting_;
}

mre_outlet Answer::outlet() {
  return {this, [](void *ctx, const mre_outgoing *outgoing) {
            static_cast<void>(
                mre::guarded(nullptr, [&] { static_cast<Answer *>(ctx)->push(*outgoing); }));
          }};
}

void Answer::push(const mre_outgoing &outgoing) {
  const std::size_t bytes = outgoing.message.size;
  const bool may_drop = (outgoing.flags & MRE_OUTGOING_MAY_DROP) != 0;
  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    const bool drops = notices_ == Notices::dropped || waiting_ > limits::kWaitingNotice;
    if (is_given_up_ || (may_drop && drops)) {
      return;
    }
    if (waiting_ + bytes > limits::kWaitingBytes ||
        waiting_of_all_ + bytes > limits::kWaitingBytesOfAll) {
      is_given_up_ = true;
    } else {
      messages_.push_back(
          {std::string(mre::view(outgoing.message)), std::string(mre::view(outgoing.event_id)),
           std::string(mre::view(outgoing.session_id)), outgoing.status,
           (outgoing.flags & MRE_OUTGOING_LAST) != 0, (outgoing.flags & MRE_OUTGOING_PAUSE) != 0});
      waiting_ += bytes;
      waiting_of_all_ += bytes;
    }
    must_wake = !std::exchange(is_awake_, true);
  }
  if (must_wake) {
    wake_();
  }
}

std::optional<Message> Answer::pop() {
  const std::lock_guard lock(mutex_);
  if (messages_.empty()) {
    is_awake_ = false;
    return std::nullopt;
  }
  Message message = std::move(messages_.front());
  messages_.pop_front();
  waiting_ -= message.text.size();
  waiting_of_all_ -= message.text.size();
  return message;
}

} // namespace mre_http
