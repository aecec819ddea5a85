#include "core/mcp/lanes.hpp"

#include <utility>
#include <vector>

namespace mre::mcp {
namespace {

// Taken, and there will be no answer: what a client without an event stream is told.
constexpr int kNothingFollows = 202;

tools::PeerOutgoing to_peer(Outgoing message, std::string event_id = {}) {
  return {.text = std::move(message.text),
          .event_id = std::move(event_id),
          .status = message.http_status,
          .is_last = message.is_final,
          .may_drop = message.may_drop};
}

} // namespace

void ConnectionLane::send(Outgoing message) {
  message.is_final = false; // a connection goes on after an answer
  client_.with([&](const PeerOutletPtr &client) {
    if (client) {
      client->send(to_peer(std::move(message)));
    }
  });
}

void ConnectionLane::close() {
  const auto gone = client_.with([](PeerOutletPtr &client) { return std::move(client); });
}

StreamId StatelessLanes::open(PeerOutletPtr client) {
  auto lane = std::make_shared<Lane>();
  lane->client.with([&](PeerOutletPtr &held) { held = std::move(client); });
  return state_.with([&](State &state) {
    state.lanes.emplace(++state.last, std::move(lane));
    return state.last;
  });
}

void StatelessLanes::send(Outgoing message) {
  const StreamId stream = message.stream;
  const auto lane = state_.with([&](State &state) -> std::shared_ptr<Lane> {
    const auto found = state.lanes.find(stream);
    if (found == state.lanes.end()) {
      return nullptr;
    }
    auto held = found->second;
    if (message.is_final) {
      state.lanes.erase(found);
    }
    return held;
  });
  if (lane) {
    lane->client.with([&](const PeerOutletPtr &client) {
      if (client) {
        client->send(to_peer(std::move(message)));
      }
    });
  }
}

bool StatelessLanes::close(StreamId stream) {
  const auto lane = state_.with([&](State &state) -> std::shared_ptr<Lane> {
    auto node = state.lanes.extract(stream);
    return node.empty() ? nullptr : std::move(node.mapped());
  });
  if (!lane) {
    return false;
  }
  const auto gone = lane->client.with([](PeerOutletPtr &client) { return std::move(client); });
  return true;
}

StreamId SessionLanes::open(PeerOutletPtr client, Resume resume) {
  return state_.with([&](State &state) {
    Lane &lane = state.lanes[++state.last];
    lane.client = std::move(client);
    lane.can_resume = resume == Resume::yes;
    return state.last;
  });
}

// An event with an id and no message, so that a client which loses the stream now knows where it
// was (MCP 2025-11-25 basic/transports, resumability).
void SessionLanes::begin(StreamId stream, Lane &lane) {
  if (lane.has_begun || !lane.can_resume) {
    return;
  }
  lane.has_begun = true;
  std::string place = store_.mark(stream);
  if (lane.client) {
    lane.client->send({.text = {}, .event_id = std::move(place)});
  }
}

void SessionLanes::begin(StreamId stream) {
  state_.with([&](State &state) {
    if (const auto found = state.lanes.find(stream); found != state.lanes.end()) {
      begin(stream, found->second);
    }
  });
}

void SessionLanes::send(Outgoing message) {
  state_.with([&](State &state) {
    const StreamId stream = message.stream;
    const auto found = state.lanes.find(stream);
    if (found == state.lanes.end()) {
      return; // answered before, or nobody ever listened
    }
    Lane &lane = found->second;
    const bool is_final = message.is_final;
    const bool is_refused = is_final && message.http_status != 200 && !lane.has_begun;
    std::string event_id;
    if (lane.can_resume && !is_refused) {
      begin(stream, lane);
      event_id = store_.add(stream, message.text, is_final);
    }
    if (lane.client) {
      lane.client->send(to_peer(std::move(message), std::move(event_id)));
    }
    if (is_final) {
      state.lanes.erase(found);
    }
  });
}

void SessionLanes::pause(StreamId stream) {
  state_.with([&](State &state) {
    const auto found = state.lanes.find(stream);
    if (found == state.lanes.end() || !found->second.can_resume) {
      return; // a client that cannot come back keeps its stream
    }
    begin(stream, found->second);
    if (const auto client = std::exchange(found->second.client, nullptr)) {
      client->send({.text = {}, .is_pause = true});
    }
  });
}

void SessionLanes::abandon(StreamId stream) {
  state_.with([&](State &state) {
    const auto found = state.lanes.find(stream);
    if (found == state.lanes.end() || stream == kConnectionStream) {
      return;
    }
    store_.forget(stream);
    if (const auto client = std::move(found->second.client)) {
      client->send({.text = {}, .status = kNothingFollows, .is_last = true});
    }
    state.lanes.erase(found);
  });
}

void SessionLanes::listen(const PeerOutletPtr &client, Resume resume) {
  state_.with([&](State &state) {
    Lane &lane = state.lanes[kConnectionStream];
    if (const auto before = std::exchange(lane.client, client)) {
      before->send({.text = {}, .is_last = true});
    }
    lane.can_resume = resume == Resume::yes;
    lane.has_begun = false;
    if (lane.can_resume) {
      begin(kConnectionStream, lane);
    } else {
      client->send({.text = {}});
    }
  });
}

std::optional<StreamId> SessionLanes::resume(const PeerOutletPtr &client,
                                             std::string_view event_id) {
  return state_.with([&](State &state) -> std::optional<StreamId> {
    auto rest = store_.after(event_id);
    const auto found = rest ? state.lanes.find(rest->stream) : state.lanes.end();
    const bool is_live = found != state.lanes.end();
    if (!rest || (!is_live && !rest->is_finished)) {
      return std::nullopt;
    }
    if (is_live) {
      if (const auto before = std::exchange(found->second.client, client)) {
        before->send({.text = {}, .is_last = true});
      }
    }
    client->send({.text = {}}); // the stream begins, also when there is nothing to say yet
    for (auto &event : rest->events) {
      client->send({.text = std::move(event.text), .event_id = std::move(event.id)});
    }
    if (!is_live) {
      client->send({.text = {}, .is_last = true});
    }
    return rest->stream;
  });
}

void SessionLanes::leave(StreamId stream, const PeerOutletPtr &client) {
  state_.with([&](State &state) {
    const auto found = state.lanes.find(stream);
    if (found != state.lanes.end() && found->second.client == client) {
      found->second.client = nullptr;
    }
  });
}

bool SessionLanes::has_listener() const {
  return state_.with([](const State &state) {
    const auto found = state.lanes.find(kConnectionStream);
    return found != state.lanes.end() && found->second.client != nullptr;
  });
}

void SessionLanes::end() {
  state_.with([&](State &state) {
    const auto found = state.lanes.find(kConnectionStream);
    if (found != state.lanes.end() && found->second.client) {
      found->second.client->send({.text = {}, .is_last = true});
    }
    state.lanes.erase(kConnectionStream);
  });
}

} // namespace mre::mcp
