// mre/testing/fake_peers.hpp - mre.peer/1 of a fake host: the clients that a transport brings.
//
// The test is the server behind it: what a client sent is in `received`, answers go back by
// send(), or by themselves with FakeHost::answer_peers(). Threads: any.
#pragma once

#include <mre/cpp/peer.hpp>
#include <mre/testing/fake_registry.hpp>

#pragma GCC visibility push(hidden) // private to each program, whatever its flags
namespace mre {
namespace testing {
namespace detail {

inline mre_status add_transport(const mre_registry *registry, const mre_transport *raw,
                                mre_error *err) {
  return registering(registry->ctx, err, "peer.transport", [&](FakeState &state) {
    if (raw->start == nullptr || raw->stop == nullptr) {
      return refuse(state, err, "a transport needs start and stop");
    }
    state.declared.transports.push_back({*raw, text_or_empty(raw->name)});
    return mre_status{MRE_OK};
  });
}

inline FakePeer *find_peer(FakeState &state, mre_peer *raw, const char *function) {
  const std::lock_guard<std::mutex> lock(state.mutex);
  for (const auto &peer : state.peers) {
    if (peer->raw() == raw && peer->is_open()) {
      return peer.get();
    }
  }
  state.blames.push_back(std::string("used a peer that is not open, in ") + function);
  return nullptr;
}
// Takes a message in and answers it, when the test wants that.
inline void take(FakeState &state, FakePeer &peer, std::string_view message) {
  peer.note(message);
  std::function<std::string(const std::string &)> answer;
  {
    const std::lock_guard<std::mutex> lock(state.mutex);
    answer = state.peer_answer;
  }
  const std::string said = answer ? answer(std::string(message)) : std::string();
  if (!said.empty()) {
    Outgoing out;
    out.message = said;
    out.status = peer.is_request() ? 200 : 0;
    out.is_last = peer.is_request();
    peer.send(out);
  }
}
inline FakePeer *add_peer(FakeState &state, const mre_client *client, const mre_outlet *outlet,
                          bool is_request, mre_error *err) {
  if (client == nullptr || client->principal.size == 0 || outlet == nullptr ||
      outlet->send == nullptr) {
    store(err, MRE_BAD_ARGUMENT, "a client needs a principal and an outlet");
    return nullptr;
  }
  const std::lock_guard<std::mutex> lock(state.mutex);
  state.peers.push_back(std::make_unique<FakePeer>(
      Client{std::string(view(client->principal)), (client->flags & MRE_CLIENT_LOCAL) != 0},
      *outlet, is_request));
  return state.peers.back().get();
}
inline mre_status peer_open(const mre_host *host, const mre_client *client,
                            const mre_outlet *outlet, mre_peer **raw, mre_error *err) {
  const mre_status admitted = admit(host, err, "peer.open");
  if (admitted != MRE_OK) {
    return admitted;
  }
  FakePeer *const peer = add_peer(state_of(host), client, outlet, false, err);
  *raw = peer == nullptr ? nullptr : peer->raw();
  return peer == nullptr ? MRE_BAD_ARGUMENT : MRE_OK;
}
inline mre_status peer_receive(const mre_host *host, mre_peer *raw, mre_str message,
                               mre_error *err) {
  const mre_status admitted = admit(host, err, "peer.receive");
  FakePeer *const peer =
      admitted == MRE_OK ? find_peer(state_of(host), raw, "peer.receive") : nullptr;
  if (peer == nullptr) {
    return admitted != MRE_OK ? admitted : store(err, MRE_NOT_FOUND, "this peer is not open");
  }
  take(state_of(host), *peer, view(message));
  return MRE_OK;
}
inline mre_status peer_request(const mre_host *host, const mre_peer_request *request,
                               mre_peer **raw, mre_error *err) {
  const mre_status admitted = admit(host, err, "peer.request");
  if (admitted != MRE_OK) {
    return admitted;
  }
  FakeState &state = state_of(host);
  FakePeer *const peer = add_peer(state, request->client, request->outlet, true, err);
  if (peer == nullptr) {
    return MRE_BAD_ARGUMENT;
  }
  peer->verb = request->verb;
  for (uint32_t i = 0; i < request->field_count; ++i) {
    peer->fields.emplace_back(view(request->fields[i].name), view(request->fields[i].value));
  }
  *raw = peer->raw();
  take(state, *peer, view(request->body));
  return MRE_OK;
}
inline void peer_close(const mre_host *host, mre_peer *raw) {
  if (FakePeer *const peer = find_peer(state_of(host), raw, "peer.close")) {
    peer->close();
  }
}
inline const mre_peer_api &peer_table() {
  static const mre_peer_api table = {
      sizeof table, 0, add_transport, peer_open, peer_receive, peer_request, peer_close};
  return table;
}

} // namespace detail
} // namespace testing
} // namespace mre
#pragma GCC visibility pop
