#include "connection.hpp"

#include "limits.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace mre_http {
namespace {

using Clock = std::chrono::steady_clock;

// What the host knows the meaning of; nobody else's headers leave this plugin, the token least.
bool is_for_host(std::string_view name) {
  return is_same_word(name.substr(0, 4), "mcp-") || is_same_word(name, "Last-Event-ID");
}

int verb_of(std::string_view method) {
  return method == "POST"  ? MRE_REQUEST_POST
         : method == "GET" ? MRE_REQUEST_GET
                           : MRE_REQUEST_DELETE;
}

} // namespace

Connection::Connection(Service &service, Loop &loop, std::uint64_t id,
                       std::unique_ptr<Stream> stream, std::string address)
    : service_(service), loop_(loop), id_(id), stream_(std::move(stream)),
      address_(std::move(address)), phase_since_(Clock::now()), last_write_(phase_since_) {}

Connection::~Connection() {
  end_exchange();
}

std::uint32_t Connection::interest() const {
  std::uint32_t events = 0;
  if (!has_read_end_ && in_.size() < limits::kReadBytes) {
    events |= EPOLLIN;
  }
  if (!has_read_end_ && phase_ == Phase::answering) {
    events |= EPOLLRDHUP;
  }
  if (unsent() > 0 || stream_->wants_write()) {
    events |= EPOLLOUT;
  }
  return events;
}

std::optional<Time> Connection::idle_since() const {
  const bool is_idle = phase_ == Phase::head && unsent() == 0;
  return is_idle ? std::optional(phase_since_) : std::nullopt;
}

void Connection::on_event(std::uint32_t events) {
  if ((events & EPOLLERR) != 0) {
    client_left();
    return;
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0 && in_.size() >= limits::kReadBytes) {
    has_read_end_ = true; // more than we take is there, and then the end
  }
  advance();
}

void Connection::on_wake() {
  advance();
}

// One turn: at most one request begins, and a bounded number of bytes is read. Whoever sends faster
// than it is answered would else keep the loop, and with it all others, for as long as it likes.
void Connection::advance() {
  has_begun_request_ = false;
  read_input();
  process();
  drain_answer();
  write_output();
  if (phase_ == Phase::over) {
    return;
  }
  if (has_work_left()) {
    loop_.wake(id_); // behind what the others have
    return;
  }
  if (!has_read_end_) {
    return;
  }
  if (phase_ == Phase::answering || phase_ == Phase::lingering || unsent() == 0) {
    client_left();
  } else {
    phase_ = Phase::flushing;
  }
}

// Work that no event of the socket will announce: it lies in our buffer, or in that of TLS.
bool Connection::has_work_left() const {
  if (has_more_input_ && in_.size() < limits::kReadBytes) {
    return true;
  }
  if (unsent() >= limits::kRenderAhead || in_.empty()) {
    return false; // what leaves will announce itself
  }
  return phase_ == Phase::body ||
         (phase_ == Phase::head &&
          (find_head_end(in_) != std::string::npos || in_.size() > limits::kHeadBytes));
}

void Connection::read_input() {
  std::array<char, limits::kReadBytes> buffer; // NOLINT: filled by the read
  has_more_input_ = !has_read_end_;            // until the socket says otherwise
  for (int turn = 0; turn < limits::kReadsPerTurn && !has_read_end_; ++turn) {
    if (in_.size() >= limits::kReadBytes) {
      return;
    }
    const IoResult got = stream_->read(buffer.data(), buffer.size());
    if (got.io != Io::done) {
      has_more_input_ = false;
      has_read_end_ = got.io == Io::closed;
      return;
    }
    if (phase_ == Phase::lingering || phase_ == Phase::flushing) {
      continue; // thrown away: it belongs to a request that was refused
    }
    if (in_.empty() && phase_ == Phase::head) {
      phase_since_ = Clock::now();
    }
    in_.append(buffer.data(), got.bytes);
  }
}

void Connection::process() {
  bool goes_on = true;
  while (goes_on && unsent() < limits::kRenderAhead) {
    goes_on = phase_ == Phase::head ? take_head() : phase_ == Phase::body && take_body();
  }
}

bool Connection::take_head() {
  if (has_begun_request_) {
    return false;
  }
  while (in_.compare(0, 2, "\r\n") == 0) {
    in_.erase(0, 2); // RFC 9112 section 2.2: empty lines before a request line are ignored
  }
  const std::size_t end = find_head_end(in_);
  if (end == std::string::npos && in_.size() <= limits::kHeadBytes) {
    return false;
  }
  has_begun_request_ = true;
  response_ = Response();
  if (std::min(end, in_.size()) > limits::kHeadBytes) {
    answer(refusal(431,
                   "the headers are longer than " + std::to_string(limits::kHeadBytes) + " bytes"),
           BodyIs::unread);
    return true;
  }
  auto parsed = parse_head(std::string_view(in_).substr(0, end));
  in_.erase(0, end);
  if (const auto *bad = std::get_if<BadRequest>(&parsed)) {
    answer(refusal(bad->status, bad->why), BodyIs::unread);
    return true;
  }
  head_ = std::move(std::get<RequestHead>(parsed));
  begin_request();
  return true;
}

void Connection::begin_request() {
  response_ = Response({.is_1_1 = head_.is_1_1,
                        .keeps_connection = head_.keeps_connection && !is_ending_,
                        .has_body = head_.method != "HEAD",
                        .takes_json = accepts_json(head_),
                        .takes_events = accepts_events(head_),
                        .fields = service_.door.cors_fields(head_, stream_->is_secure())});
  body_.emplace(head_, service_.max_body_bytes);
  body_share_ = std::make_unique<BodyShare>(service_.body_bytes);
  const BodyIs body = body_->state() == BodyReader::State::complete ? BodyIs::read : BodyIs::unread;
  if (auto refused = service_.door.judge(
          head_, {.address = address_, .uses_tls = stream_->is_secure(), .now = Clock::now()})) {
    answer(*refused, body);
    return;
  }
  if (head_.expects_continue && body == BodyIs::unread) {
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  phase_ = Phase::body;
  phase_since_ = Clock::now();
}

bool Connection::take_body() {
  if (body_->state() == BodyReader::State::reading) {
    const std::size_t taken = body_->take(in_);
    in_.erase(0, taken);
    if (taken == 0) {
      return false;
    }
  }
  if (!body_share_->grow(body_->text().size())) {
    answer(refusal(503, "the messages of all clients together are too large for now",
                   {{"Retry-After", "5"}}),
           BodyIs::unread);
    return true;
  }
  switch (body_->state()) {
  case BodyReader::State::reading:
    return true;
  case BodyReader::State::complete:
    dispatch();
    return true;
  case BodyReader::State::too_large:
    answer(refusal(413, "the message is longer than " + std::to_string(service_.max_body_bytes) +
                            " bytes"),
           BodyIs::unread);
    return true;
  case BodyReader::State::broken:
    break;
  }
  answer(refusal(400, "the chunks of the body are broken"), BodyIs::unread);
  return true;
}

void Connection::drop_body() {
  body_.reset();
  body_share_.reset();
}

bool Connection::may_last_for_ever() const {
  const std::string *method = head_.find("Mcp-Method");
  return head_.method == "GET" || (method != nullptr && *method == "subscriptions/listen");
}

void Connection::dispatch() {
  exchange_ = std::make_shared<Exchange>(
      PeerDoor{service_.host.raw(), service_.peers}, [&loop = loop_, id = id_] { loop.wake(id); },
      service_.waiting_bytes, accepts_events(head_) ? Notices::told : Notices::dropped);
  phase_ = Phase::answering;
  phase_since_ = last_write_ = Clock::now();
  if (may_last_for_ever()) {
    holds_stream_ = true;
    if (++service_.streams > service_.settings.max_streams) {
      answer(refusal(503, "too many streams are open; HTTP_MAX_STREAMS says how many may be",
                     {{"Retry-After", "5"}}),
             BodyIs::read);
      return;
    }
  }
  ask_host();
}

void Connection::ask_host() {
  auto request = std::make_shared<HostRequest>();
  request->verb = verb_of(head_.method);
  request->takes_events = accepts_events(head_);
  for (const auto &field : head_.fields) {
    if (is_for_host(field.first)) {
      request->fields.push_back(field);
    }
  }
  request->body = std::move(body_->text());
  request->share = std::move(body_share_);
  request->principal = service_.door.principal();
  drop_body();
  if (request->body.size() <= limits::kReadAtOnce) {
    exchange_->ask(*request);
    return;
  }
  // It came whole: the host hears of it also when the client is gone by then, and judges what that
  // means.
  service_.readers.run([exchange = exchange_, request] { exchange->ask(*request); });
}

void Connection::answer(const PlainAnswer &plain, BodyIs body) {
  drop_body();
  if (body == BodyIs::unread) {
    response_.close_afterwards(); // where the next request would begin is not known
  }
  response_.add(plain, out_);
  last_write_ = Clock::now();
  finish_response();
}

void Connection::finish_response() {
  end_exchange();
  phase_since_ = Clock::now();
  if (response_.keeps_connection() && !is_ending_) {
    phase_ = Phase::head;
  } else {
    phase_ = Phase::flushing;
    in_.clear();
  }
}

void Connection::drain_answer() {
  while (phase_ == Phase::answering && unsent() < limits::kRenderAhead) {
    const auto message = exchange_->answer().pop();
    if (exchange_->answer().is_given_up()) {
      client_left();
      return;
    }
    if (!message) {
      if (const auto failure = exchange_->failure()) {
        answer(refusal(503, *failure), BodyIs::read);
      }
      return;
    }
    response_.add(*message, out_);
    if (response_.is_complete()) {
      finish_response();
    }
  }
}

void Connection::end_exchange() {
  if (std::exchange(holds_stream_, false)) {
    --service_.streams;
  }
  if (const auto ended = std::exchange(exchange_, nullptr)) {
    ended->end();
  }
}

void Connection::client_left() {
  end_exchange();
  phase_ = Phase::over;
}

void Connection::write_output() {
  while (phase_ != Phase::over) {
    while (unsent() > 0) {
      const IoResult sent = stream_->write(out_.data() + out_at_, unsent());
      if (sent.io == Io::closed) {
        client_left();
      }
      if (sent.io != Io::done) {
        return;
      }
      out_at_ += sent.bytes;
      last_write_ = Clock::now();
    }
    out_at_ = 0;
    if (out_.capacity() > limits::kReadBytes) {
      out_ = std::string();
    }
    out_.clear();
    if (phase_ == Phase::flushing) {
      stream_->finish_writing();
      phase_ = Phase::lingering;
      phase_since_ = Clock::now();
    }
    drain_answer();
    if (unsent() == 0) {
      return;
    }
  }
}

void Connection::on_tick(Time now) {
  const auto give_up_reading = [&](const char *why) { answer(refusal(408, why), BodyIs::unread); };
  const auto in_phase = now - phase_since_;
  const bool is_stuck = unsent() > 0 && now - last_write_ > limits::kWriteTime;
  const bool is_idle = phase_ == Phase::head && in_.empty() && in_phase > limits::kIdleTime;
  if (is_stuck || is_idle || (phase_ == Phase::lingering && in_phase > limits::kLingerTime)) {
    client_left();
  } else if (phase_ == Phase::head && !in_.empty() && in_phase > limits::kHeadTime) {
    response_ = Response();
    give_up_reading("the headers did not come in time");
  } else if (phase_ == Phase::body &&
             in_phase > limits::kBodyStart +
                            std::chrono::seconds(body_->received() / limits::kBodyBytesPerSecond)) {
    give_up_reading("the body did not come in time");
  } else if (phase_ == Phase::answering && unsent() == 0 && accepts_events(head_) &&
             now - last_write_ >= limits::kKeepAlive) {
    response_.add_keep_alive(out_);
    last_write_ = now;
  }
  write_output();
}

void Connection::on_end() {
  is_ending_ = true;
  drain_answer();
  if (phase_ == Phase::lingering || phase_ == Phase::over) {
    return;
  }
  end_exchange();
  phase_ = unsent() > 0 ? Phase::flushing : Phase::over;
  write_output();
}

} // namespace mre_http
