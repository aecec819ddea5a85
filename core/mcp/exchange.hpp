// One request in flight: what was asked, and the one answer to it.
//
// Promise: exactly one answer leaves, or none after the client cancelled; nothing leaves for it
// afterwards. A second answer is logged and dropped. Notifications of the request keep their order
// with its answer. Threads: any. Lifetime: held by its peer until it is answered, and by whoever
// works on it.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/json.hpp"
#include "core/mcp/era.hpp"
#include "core/mcp/outlet.hpp"
#include "core/mcp/reply.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mre::mcp {

class Peer;

// A request after the ladder: its era and its `_meta` are known, its params are an object.
struct Request {
  Json id;
  std::string method;
  Json params;
  Era era = Era::handshake;
  RequestMeta meta;
  StreamId stream = kConnectionStream;
};

// cancelled: the client wants no answer. ended: the connection or the server goes; an answer may
// still arrive.
enum class Stop { cancelled, ended };

class Exchange : public std::enable_shared_from_this<Exchange> {
public:
  Exchange(Request request, std::shared_ptr<Peer> peer);

  const Request &request() const { return request_; }
  Peer &peer() const { return *peer_; }
  // Grows from one request to the next.
  std::uint64_t number() const { return number_; }
  static std::uint64_t newest_number();

  void succeed(Reply reply);
  void fail(const tools::ProtocolError &error) { fail(error, http_status(request_.era, error)); }
  void fail(const tools::ProtocolError &error, int status);
  // A notification that belongs to this request. Dropped once it is answered or cancelled.
  void notify(std::string_view method, const Json &params, bool may_drop);
  void send_request(const std::string &text); // a request of ours, asked on this one's stream

  // Ends the response this request is answered on and lets the client come back for the rest, where
  // transport and client can do that.
  void pause_stream();

  // Asks whoever works on the request to end; it still answers, and the answer is dropped when the
  // client cancelled.
  void stop(Stop why);
  // How stop() reaches the work; called at once when it was stopped before. Replaces the one
  // before.
  void on_stop(std::function<void()> action);
  bool is_stopped() const;

private:
  struct State {
    bool answered = false;
    bool silent = false;
    bool stopped = false;
    std::function<void()> action;
  };
  void answer(std::string text, int status);

  const std::uint64_t number_;
  const Request request_;
  const std::shared_ptr<Peer> peer_;
  Guarded<State> state_;
};

} // namespace mre::mcp
