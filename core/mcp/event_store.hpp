// What one session was sent, kept for a client that lost its stream (MCP 2025-11-25
// basic/transports, resumability).
//
// Promise: an event's id names its stream and its place there; after() gives what followed on that
// stream and on no other. Old events go first, over all streams, when the bytes are spent; the
// newest one is always kept. Threads: belongs to its owner's lock. Lifetime: that of the session;
// the budget is shared by all sessions of a server.
#pragma once

#include "core/mcp/outlet.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::mcp {

// Bytes that all sessions together may keep.
class EventBudget {
public:
  explicit EventBudget(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  void take(std::size_t bytes) { used_ += bytes; }
  void give(std::size_t bytes) { used_ -= bytes; }
  bool is_exceeded() const { return used_ > max_bytes_; }

private:
  const std::size_t max_bytes_;
  std::atomic<std::size_t> used_{0};
};

class EventStore {
public:
  struct Event {
    std::string id, text;
  };
  struct Rest {
    StreamId stream = kConnectionStream;
    std::vector<Event> events;
    bool is_finished = false; // its last message is among them or was sent before
  };

  EventStore(std::size_t max_bytes, std::shared_ptr<EventBudget> budget);
  ~EventStore();
  EventStore(const EventStore &) = delete;
  EventStore &operator=(const EventStore &) = delete;

  // A place on the stream without a message. Returns its id.
  std::string mark(StreamId stream);
  std::string add(StreamId stream, std::string_view text, bool is_final);
  // Nobody will come back for this stream.
  void forget(StreamId stream);
  // Nothing when the id is none of this session's, or its stream is forgotten.
  std::optional<Rest> after(std::string_view event_id) const;

private:
  struct Kept {
    StreamId stream;
    std::uint64_t number;
    std::string text;
  };
  struct Stream {
    std::uint64_t last = 0;
    std::size_t kept = 0;
    bool is_finished = false;
  };
  void make_room();

  const std::size_t max_bytes_;
  const std::shared_ptr<EventBudget> budget_;
  std::size_t bytes_ = 0;
  std::deque<Kept> events_;
  std::map<StreamId, Stream> streams_;
};

} // namespace mre::mcp
