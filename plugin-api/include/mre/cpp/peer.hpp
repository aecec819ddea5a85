// mre/cpp/peer.hpp - transports as C++ values: what brings clients, and the clients it brings.
//
//   registry.transport({"lines", [this] { listen(); }, [this] { stop_listening(); }});
//   …
//   mre::Peer peer = mre::Peer::open(host_, {"uid-1000", true}, [](const mre::Outgoing &out) {
//     queue(out.message);            // from any thread, in order; must not block or call a Peer
//   });
//   peer.receive(line);              // one message of the client; answers come out above
//
// Promise: what the callables throw ends here; a Peer closes itself, and its outlet is not called
// any more once it did. Threads: all functions from any; an outlet is called by one at a time.
// Lifetime: a Peer may be moved, and is gone before the plugin is.
#pragma once

#include <mre/cpp/basic.hpp>
#include <mre/ext/peer.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

// For Registry::transport(). What start throws stops the start of the server with its message.
struct Transport {
  std::string name;
  std::function<void()> start;
  std::function<void()> stop; // no new clients; what is under way goes on
};

struct Client {
  std::string principal; // as the transport has proven it
  bool is_local = false; // this machine's own user: may name local files
};

// One message to a client; borrowed for the call.
struct Outgoing {
  std::string_view message, event_id, session_id;
  int32_t status = 0; // of HTTP, for a response that has not begun
  bool is_last = false, may_drop = false, is_pause = false;
};
using Outlet = std::function<void(const Outgoing &)>;

// A request of a transport with headers.
struct PeerRequest {
  int32_t verb = MRE_REQUEST_POST;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string_view body;
  bool takes_stream = true;
};

class Peer {
public:
  // A connection that carries whole messages both ways.
  static Peer open(Host host, const Client &client, Outlet outlet) {
    Peer peer(host, std::move(outlet));
    const mre_client raw = to_raw(client);
    const mre_outlet out = peer.abi();
    auto err = error_value();
    check(peer.api_->open(host.raw(), &raw, &out, &peer.raw_, &err), err);
    return peer;
  }
  // One request; the answer may come before this returns.
  static Peer request(Host host, const Client &client, const PeerRequest &request, Outlet outlet) {
    Peer peer(host, std::move(outlet));
    const mre_client raw_client = to_raw(client);
    const mre_outlet out = peer.abi();
    std::vector<mre_field> fields;
    for (const auto &field : request.fields) {
      fields.push_back({borrow(field.first), borrow(field.second)});
    }
    mre_peer_request raw{};
    raw.size = sizeof raw;
    raw.flags = detail::flag(!request.takes_stream, MRE_REQUEST_NO_STREAM);
    raw.verb = request.verb;
    raw.field_count = static_cast<uint32_t>(fields.size());
    raw.fields = fields.data();
    raw.body = borrow(request.body);
    raw.client = &raw_client;
    raw.outlet = &out;
    auto err = error_value();
    check(peer.api_->request(host.raw(), &raw, &peer.raw_, &err), err);
    return peer;
  }
  Peer(Peer &&other) noexcept
      : host_(other.host_), api_(other.api_), raw_(std::exchange(other.raw_, nullptr)),
        outlet_(std::move(other.outlet_)) {}
  Peer &operator=(Peer &&) = delete;
  ~Peer() { close(); }

  // One message of a connection, without its line end. What is wrong with it is answered through
  // the outlet.
  void receive(std::string_view message) const {
    auto err = error_value();
    check(api_->receive(host_.raw(), raw_, borrow(message), &err), err);
  }
  // The client has left; its calls are cancelled. May come twice.
  void close() noexcept {
    if (raw_ != nullptr) {
      api_->close(host_.raw(), std::exchange(raw_, nullptr));
    }
  }

private:
  Peer(Host host, Outlet outlet)
      : host_(host), api_(host.service<mre_peer_api>(MRE_PEER)),
        outlet_(std::make_unique<Outlet>(std::move(outlet))) {}
  static mre_client to_raw(const Client &client) {
    mre_client raw{};
    raw.size = sizeof raw;
    raw.flags = detail::flag(client.is_local, MRE_CLIENT_LOCAL);
    raw.principal = borrow(client.principal);
    return raw;
  }
  mre_outlet abi() const noexcept { return {outlet_.get(), &Peer::send}; }
  static void send(void *ctx, const mre_outgoing *raw) noexcept {
    static_cast<void>(guarded(nullptr, [&] {
      Outgoing out;
      out.message = view(raw->message);
      out.event_id = view(raw->event_id);
      out.session_id = view(raw->session_id);
      out.status = raw->status;
      out.is_last = (raw->flags & MRE_OUTGOING_LAST) != 0;
      out.may_drop = (raw->flags & MRE_OUTGOING_MAY_DROP) != 0;
      out.is_pause = (raw->flags & MRE_OUTGOING_PAUSE) != 0;
      (*static_cast<Outlet *>(ctx))(out);
    }));
  }

  Host host_;
  const mre_peer_api *api_;
  mre_peer *raw_ = nullptr;
  std::unique_ptr<Outlet> outlet_; // the host holds its address
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
