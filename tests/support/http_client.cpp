#include "tests/support/http_client.hpp"

#include "tests/support/loopback.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <stdexcept>

namespace mre::testing {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void merge(HttpFields &into, const HttpFields &fields) {
  for (const auto &field : fields) {
    const auto known = std::find_if(into.begin(), into.end(), [&](const auto &entry) {
      return lower_case(entry.first) == lower_case(field.first);
    });
    if (known != into.end()) {
      known->second = field.second;
    } else {
      into.push_back(field);
    }
  }
}

} // namespace

HttpConnection::HttpConnection(std::uint16_t port) : socket_(connect_loopback(port)) {
  if (!socket_) {
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
}

void HttpConnection::send(const std::string &bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::send(socket_.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) {
      return; // the server has closed: what it said before can still be read
    }
    done += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
}

bool HttpConnection::fill(std::chrono::milliseconds patience) {
  if (!wait_readable(socket_.get(), patience)) {
    throw std::runtime_error("the server says nothing; so far: " + buffer_.substr(0, 500));
  }
  std::array<char, 65536> bytes{};
  const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    return false;
  }
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string HttpConnection::take_line() {
  while (buffer_.find("\r\n") == std::string::npos) {
    if (!fill(kHttpPatience)) {
      throw std::runtime_error("the server closed within a line: " + buffer_.substr(0, 500));
    }
  }
  const std::size_t end = buffer_.find("\r\n");
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

HttpResponse HttpConnection::head() {
  HttpResponse response;
  const std::string status = take_line();
  if (status.compare(0, 7, "HTTP/1.") != 0 || status.size() < 12) {
    throw std::runtime_error("no status line: " + status);
  }
  response.status = std::stoi(status.substr(9, 3));
  for (std::string line = take_line(); !line.empty(); line = take_line()) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      throw std::runtime_error("no header: " + line);
    }
    response.fields[lower_case(line.substr(0, colon))] = line.substr(colon + 2);
  }
  events_.clear();
  stream_has_ended_ = false;
  return response;
}

std::string HttpConnection::chunk() {
  const std::size_t size = std::stoul(take_line(), nullptr, 16);
  while (buffer_.size() < size + 2) {
    if (!fill(kHttpPatience)) {
      throw std::runtime_error("the server closed within a chunk");
    }
  }
  std::string piece = buffer_.substr(0, size);
  buffer_.erase(0, size + 2);
  return piece;
}

HttpResponse HttpConnection::response() {
  HttpResponse response = head();
  if (response.fields.count("content-length") != 0) {
    const std::size_t size = std::stoul(response.fields.at("content-length"));
    while (buffer_.size() < size && fill(kHttpPatience)) {
    }
    response.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
  } else if (response.fields.count("transfer-encoding") != 0) {
    for (std::string piece = chunk(); !piece.empty(); piece = chunk()) {
      response.body += piece;
    }
  }
  return response;
}

std::optional<ServerEvent> HttpConnection::event() {
  while (true) {
    const std::size_t end = events_.find("\n\n");
    if (end == std::string::npos) {
      const std::string piece = stream_has_ended_ ? std::string() : chunk();
      stream_has_ended_ = stream_has_ended_ || piece.empty();
      if (stream_has_ended_) {
        return std::nullopt;
      }
      events_ += piece;
      continue;
    }
    ServerEvent event;
    bool is_event = false;
    for (std::size_t at = 0; at < end;) {
      const std::size_t stop = events_.find('\n', at);
      const std::string line = events_.substr(at, stop - at);
      is_event = is_event || line.compare(0, 5, "data:") == 0;
      event.has_retry = event.has_retry || line.compare(0, 6, "retry:") == 0;
      if (line.compare(0, 4, "id: ") == 0) {
        event.id = line.substr(4);
      } else if (line.compare(0, 6, "data: ") == 0) {
        event.data += line.substr(6);
      }
      at = stop + 1;
    }
    events_.erase(0, end + 2);
    if (is_event) {
      return event;
    }
  }
}

bool HttpConnection::is_closed(std::chrono::milliseconds patience) {
  try {
    while (fill(patience)) {
    }
  } catch (const std::runtime_error &) {
    return false;
  }
  return true;
}

std::string http_request(const std::string &method, const std::string &target,
                         const HttpFields &fields) {
  HttpFields all = {{"Host", "127.0.0.1"}};
  merge(all, fields);
  std::string text = method + " " + target + " HTTP/1.1\r\n";
  for (const auto &[name, value] : all) {
    if (!value.empty()) {
      text += name + ": " + value + "\r\n";
    }
  }
  return text + "\r\n";
}

std::string http_post(const HttpFields &fields, const std::string &body) {
  HttpFields all = {{"Content-Type", "application/json"},
                    {"Accept", "application/json, text/event-stream"},
                    {"Content-Length", std::to_string(body.size())}};
  merge(all, fields);
  return http_request("POST", "/mcp", all) + body;
}

} // namespace mre::testing
