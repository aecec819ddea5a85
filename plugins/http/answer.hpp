// What the host says to one request, on its way from any thread to the connection's loop.
//
// Promise: push() never blocks; messages keep their order; the loop is woken once for what came
// since it last looked. A client that reads too slowly loses progress and logs first, and is given
// up when too much waits for it or for all clients together. Threads: push() from any, the rest on
// the loop's thread. Lifetime: until close() of its peer has returned.
#pragma once

#include <mre/ext/peer.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace mre_http {

struct Message {
  std::string text, event_id, session_id;
  int status = 200;
  bool is_last = false;
  bool is_pause = false;
};

// What a client is told on the way to its answer. A client that takes no event stream is spared
// what may be dropped, so that it gets one JSON object.
enum class Notices { told, dropped };

class Answer {
public:
  // Begins awake: nobody has to be woken until pop() found nothing.
  Answer(std::function<void()> wake, std::atomic<std::size_t> &waiting_of_all, Notices notices)
      : wake_(std::move(wake)), waiting_of_all_(waiting_of_all), notices_(notices) {}
  ~Answer();
  Answer(const Answer &) = delete;
  Answer &operator=(const Answer &) = delete;

  mre_outlet outlet();
  // The next one; when there is none, the next push() wakes the loop.
  std::optional<Message> pop();
  bool is_given_up() const { return is_given_up_; }

private:
  void push(const mre_outgoing &outgoing);

  const std::function<void()> wake_;
  std::atomic<std::size_t> &waiting_of_all_;
  const Notices notices_;
  std::atomic<bool> is_given_up_{false};
  std::mutex mutex_;
  std::deque<Message> messages_;
  std::size_t waiting_ = 0;
  bool is_awake_ = true;
};

} // namespace mre_http
