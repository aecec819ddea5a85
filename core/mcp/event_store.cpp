#include "core/mcp/event_store.hpp"

#include <charconv>
#include <utility>

namespace mre::mcp {
namespace {

// "<stream>.<number>": visible ASCII without anything that SSE or a header would have to escape.
std::string event_name(StreamId stream, std::uint64_t number) {
  return std::to_string(stream) + "." + std::to_string(number);
}

bool read_number(std::string_view text, std::uint64_t &number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

} // namespace

EventStore::EventStore(std::size_t max_bytes, std::shared_ptr<EventBudget> budget)
    : max_bytes_(max_bytes), budget_(std::move(budget)) {}

EventStore::~EventStore() {
  budget_->give(bytes_);
}

std::string EventStore::mark(StreamId stream) {
  return event_name(stream, ++streams_[stream].last);
}

std::string EventStore::add(StreamId stream, std::string_view text, bool is_final) {
  Stream &entry = streams_[stream];
  ++entry.last;
  ++entry.kept;
  entry.is_finished = is_final;
  events_.push_back({stream, entry.last, std::string(text)});
  bytes_ += text.size();
  budget_->take(text.size());
  make_room();
  return event_name(stream, events_.back().number);
}

void EventStore::forget(StreamId stream) {
  streams_.erase(stream);
  std::erase_if(events_, [&](const Kept &event) {
    if (event.stream != stream) {
      return false;
    }
    bytes_ -= event.text.size();
    budget_->give(event.text.size());
    return true;
  });
}

void EventStore::make_room() {
  while (events_.size() > 1 && (bytes_ > max_bytes_ || budget_->is_exceeded())) {
    const Kept &oldest = events_.front();
    bytes_ -= oldest.text.size();
    budget_->give(oldest.text.size());
    const auto stream = streams_.find(oldest.stream);
    // A stream that still runs is remembered without events: its next ones can be resumed.
    if (--stream->second.kept == 0 && stream->second.is_finished) {
      streams_.erase(stream);
    }
    events_.pop_front();
  }
}

std::optional<EventStore::Rest> EventStore::after(std::string_view event_id) const {
  const std::size_t dot = event_id.find('.');
  Rest rest;
  std::uint64_t number = 0;
  if (dot == std::string_view::npos || !read_number(event_id.substr(0, dot), rest.stream) ||
      !read_number(event_id.substr(dot + 1), number)) {
    return std::nullopt;
  }
  const auto stream = streams_.find(rest.stream);
  if (stream == streams_.end() || number == 0 || number > stream->second.last) {
    return std::nullopt;
  }
  rest.is_finished = stream->second.is_finished;
  for (const Kept &event : events_) {
    if (event.stream == rest.stream && event.number > number) {
      rest.events.push_back({event_name(event.stream, event.number), event.text});
    }
  }
  return rest;
}

} // namespace mre::mcp
