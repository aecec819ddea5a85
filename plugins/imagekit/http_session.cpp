// See http_session.hpp.
#include "http_session.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Socket.h>

#include <algorithm>

namespace imagekit {

namespace {

constexpr std::size_t kRecordBytes = 16384; // the largest TLS record (RFC 8446 5.1)
constexpr std::chrono::milliseconds kSlice{100};

Poco::Timespan to_timespan(std::chrono::milliseconds span) {
  return {std::chrono::microseconds(span).count()};
}

} // namespace

HttpSession::HttpSession(const std::string &host, Poco::UInt16 port,
                         Poco::Net::Context::Ptr context, const Patience &patience)
    : Poco::Net::HTTPSClientSession(host, port, std::move(context)), patience_(patience),
      deadline_(std::chrono::steady_clock::time_point::max()) {
  setKeepAlive(false);
}

void HttpSession::set_limits(std::chrono::milliseconds connect, std::chrono::milliseconds silence) {
  silence_ = silence;
  setTimeout(to_timespan(connect), to_timespan(silence), to_timespan(silence));
}

void HttpSession::check() const {
  patience_.check();
  if (std::chrono::steady_clock::now() >= deadline_) {
    throw Poco::TimeoutException("too slow");
  }
}

// A readable socket is not enough: TLS 1.3 has words of its own to say after the handshake. So a
// byte of the answer is looked at, in slices.
void HttpSession::wait_for_answer() {
  const auto silent_at = std::chrono::steady_clock::now() + silence_;
  set_socket_timeouts(kSlice);
  for (;;) {
    check();
    try {
      peek();
      break;
    } catch (const Poco::TimeoutException &) {
      clearException();
      if (std::chrono::steady_clock::now() >= silent_at) {
        throw;
      }
    }
  }
  set_socket_timeouts(silence_);
}

// Poco takes the longer of the two for both directions.
void HttpSession::set_socket_timeouts(std::chrono::milliseconds span) {
  socket().setReceiveTimeout(to_timespan(span));
  socket().setSendTimeout(to_timespan(span));
}

// Reads in slices rather than waiting for the socket first: what TLS holds already does not show
// there, and a look before every record costs as much as the record.
int HttpSession::read_patiently(char *buffer, std::streamsize length) {
  const auto silent_at = std::chrono::steady_clock::now() + silence_;
  for (;;) {
    check();
    try {
      return Poco::Net::HTTPSClientSession::read(buffer, length);
    } catch (const Poco::TimeoutException &) {
      clearException();
      if (std::chrono::steady_clock::now() >= silent_at) {
        throw Poco::TimeoutException("silent");
      }
    }
  }
}

void HttpSession::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    check();
    const std::size_t chunk = std::min(bytes.size(), kRecordBytes);
    const int sent = write(bytes.data(), static_cast<std::streamsize>(chunk));
    if (sent <= 0) {
      throw Poco::IOException("the connection takes no more");
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t HttpSession::read_some(char *buffer, std::size_t capacity) {
  if (!is_sliced_) { // nothing but this body is read from here on
    set_socket_timeouts(kSlice);
    is_sliced_ = true;
  }
  const int got = read_patiently(buffer, static_cast<std::streamsize>(capacity));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

int HttpSession::read(char *buffer, std::streamsize length) {
  set_socket_timeouts(kSlice);
  const int got = read_patiently(buffer, length);
  set_socket_timeouts(silence_); // the sizes of chunks are read without this function
  return got;
}

} // namespace imagekit
