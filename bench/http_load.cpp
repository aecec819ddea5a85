#include "bench/http_load.hpp"

#include "bench/statistics.hpp"
#include "tests/support/loopback.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>

namespace mre::bench {
namespace {

constexpr int kPatienceMs = 20000;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLength = "Content-Length: ";

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd socket = testing::connect_loopback(port);
  if (!socket) {
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
  return socket;
}

void send_all(int socket, const std::string &bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count <= 0) {
      throw std::runtime_error("the server closed a connection under load");
    }
    done += static_cast<std::size_t>(count);
  }
}

// One connection with one request on its way.
class Caller {
public:
  Caller(std::uint16_t port, const std::string &request)
      : socket_(connect_to(port)), request_(request) {}
  int fd() const { return socket_.get(); }

  void begin() {
    received_.clear();
    whole_.reset();
    began_ = now();
    send_all(socket_.get(), request_); // far smaller than a socket's buffer
  }
  // True when the answer is there.
  bool read() {
    static thread_local std::array<char, 65536> buffer; // NOLINT: filled by the read
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) {
      if (count < 0 && errno == EAGAIN) {
        return false;
      }
      throw std::runtime_error("the server closed a connection under load");
    }
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    if (!whole_) {
      whole_ = size_of_answer();
    }
    return whole_ && received_.size() >= *whole_;
  }
  double took() const { return milliseconds_since(began_); }
  bool is_good() const {
    return received_.compare(0, 12, "HTTP/1.1 200") == 0 &&
           received_.find("\"result\"") != std::string::npos;
  }

private:
  std::optional<std::size_t> size_of_answer() const {
    const std::size_t head = received_.find(kHeadEnd);
    if (head == std::string::npos) {
      return std::nullopt;
    }
    const std::size_t length = received_.find(kLength);
    if (length == std::string::npos || length > head) {
      throw std::runtime_error("an answer without a length: " + received_.substr(0, head));
    }
    return head + kHeadEnd.size() + std::stoul(received_.substr(length + kLength.size()));
  }

  const UniqueFd socket_;
  const std::string &request_;
  std::string received_;
  std::optional<std::size_t> whole_;
  Time began_;
};

} // namespace

std::string stateless_post(const std::string &method, const std::string &name,
                           const std::string &body) {
  return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
         "Mcp-Method: " +
         method + "\r\n" + (name.empty() ? "" : "Mcp-Name: " + name + "\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

LoadResult run_load(const HttpLoad &load, const std::string &request) {
  LoadResult result;
  result.latencies.reserve(load.requests);
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<std::unique_ptr<Caller>> callers;
  for (std::size_t i = 0; i < load.connections; ++i) {
    callers.push_back(std::make_unique<Caller>(load.port, request));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, callers.back()->fd(), &event);
  }
  const Time begin = now();
  std::size_t begun = 0;
  for (; begun < callers.size(); ++begun) {
    callers[begun]->begin();
  }
  std::array<epoll_event, 64> events{};
  while (result.latencies.size() < load.requests) {
    const int count =
        ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), kPatienceMs);
    if (count == 0) {
      throw std::runtime_error("the server answers no more");
    }
    for (int i = 0; i < count; ++i) {
      Caller &caller = *callers.at(events.at(static_cast<std::size_t>(i)).data.u64);
      if (!caller.read()) {
        continue;
      }
      result.latencies.push_back(caller.took());
      result.failed += caller.is_good() ? 0 : 1;
      if (begun < load.requests) {
        ++begun;
        caller.begin();
      }
    }
  }
  result.seconds = seconds_since(begin);
  return result;
}

HeldStreams::HeldStreams(std::uint16_t port, const std::string &request, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sockets_.push_back(connect_to(port));
    send_all(sockets_.back().get(), request);
    // The acknowledgement comes at once, so that the stream is known to be one.
    std::string received;
    while (received.find("acknowledged") == std::string::npos) {
      std::array<char, 4096> buffer{};
      if (!testing::wait_readable(sockets_.back().get(), std::chrono::milliseconds(kPatienceMs))) {
        throw std::runtime_error("stream " + std::to_string(i) + " is not acknowledged");
      }
      const ssize_t got = ::recv(sockets_.back().get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        throw std::runtime_error("stream " + std::to_string(i) + " was refused: " + received);
      }
      received.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
}

} // namespace mre::bench
