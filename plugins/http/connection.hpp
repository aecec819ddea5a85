// One HTTP connection: requests one after the other, each with its answer.
//
// Promise: everything a client does slowly or wrongly ends this connection and costs no other one:
// each phase has its deadline, each buffer its bound, each turn of the loop one request. A client
// that goes away while its request is being answered is noticed at once, and the host is told. A
// large body is read by the host on a thread beside the loops, so that nobody waits for it but the
// large ones after it. Threads: its loop's. Lifetime: owned by its loop.
#pragma once

#include "body_reader.hpp"
#include "exchange.hpp"
#include "loop.hpp"
#include "response.hpp"
#include "side_thread.hpp"
#include "stream.hpp"

#include <mre/plugin.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace mre_http {

// What all connections work with. Outlives them.
struct Service {
  const Settings &settings;
  FrontDoor &door;
  mre::Host host;
  const mre_peer_api *peers;
  std::size_t max_body_bytes;
  std::atomic<std::size_t> streams{0};       // that may stay open without end
  std::atomic<std::size_t> waiting_bytes{0}; // of answers on their way
  std::atomic<std::size_t> body_bytes{0};    // of requests on their way, small ones aside
  SideThread readers{"http-large"};          // hands large bodies to the host
};

class Connection final : public Watched {
public:
  Connection(Service &service, Loop &loop, std::uint64_t id, std::unique_ptr<Stream> stream,
             std::string address);
  ~Connection() override;

  int fd() const override { return stream_->fd(); }
  std::uint32_t interest() const override;
  void on_event(std::uint32_t events) override;
  void on_tick(Time now) override;
  void on_wake() override;
  void on_end() override;
  bool is_over() const override { return phase_ == Phase::over; }

  // No request of it is being read or answered since then; nothing when one is.
  std::optional<Time> idle_since() const;

private:
  // head: waiting for a request or in its head. flushing: the last answer leaves, then the end.
  // lingering: what the client still sends is thrown away, so that it can read our answer.
  enum class Phase { head, body, answering, flushing, lingering, over };

  enum class BodyIs { read, unread };

  void advance();
  void read_input();
  void process();
  bool has_work_left() const;
  bool take_head();
  void begin_request();
  bool take_body();
  void drop_body();
  void dispatch();
  void ask_host();
  void answer(const PlainAnswer &plain, BodyIs body);
  void finish_response();
  void drain_answer();
  void end_exchange();
  void write_output();
  void client_left();
  bool may_last_for_ever() const;
  std::size_t unsent() const { return out_.size() - out_at_; }

  Service &service_;
  Loop &loop_;
  const std::uint64_t id_;
  const std::unique_ptr<Stream> stream_;
  const std::string address_;

  Phase phase_ = Phase::head;
  bool has_begun_request_ = false; // in this turn
  bool has_more_input_ = false;    // the last read took less than there may be
  bool has_read_end_ = false;
  bool is_ending_ = false;
  std::string in_;
  std::string out_;
  std::size_t out_at_ = 0;
  RequestHead head_;
  std::optional<BodyReader> body_;
  std::unique_ptr<BodyShare> body_share_;
  Response response_;
  std::shared_ptr<Exchange> exchange_;
  bool holds_stream_ = false; // one of those that may stay open without end
  Time phase_since_;
  Time last_write_;
};

} // namespace mre_http
