#include "server.hpp"

#include "descriptors.hpp"
#include "limits.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mre_http {
namespace {

constexpr int kFirstInherited = 3; // SD_LISTEN_FDS_START of systemd

// Connections that are taken at once, before others of the loop get their turn.
constexpr int kAcceptsPerTurn = 64;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr *raw() { return reinterpret_cast<sockaddr *>(&storage); } // NOLINT: the socket API
  bool is_ip() const { return storage.ss_family == AF_INET || storage.ss_family == AF_INET6; }
  Poco::Net::SocketAddress ip() { return {raw(), size}; }
};

Address local_address(int socket) {
  Address address;
  ::getsockname(socket, address.raw(), &address.size);
  return address;
}

int prepare(int socket) {
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  return socket;
}

int bind_socket(const Settings &settings) {
  const std::string where = settings.host + " port " + std::to_string(settings.port);
  try {
    const Poco::Net::SocketAddress address(settings.host, settings.port);
    Poco::Net::ServerSocket socket;
    // The address may be used again after a restart; the port by nobody else at the same time,
    // which Poco's shorter forms would allow.
    if (address.family() == Poco::Net::AddressFamily::IPv6) {
      socket.bind6(address, true, false, false);
    } else {
      socket.bind(address, true, false);
    }
    socket.listen(limits::kBacklog);
    // Poco's object closes its descriptor; ours lives in a loop.
    return prepare(::fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, kFirstInherited));
  } catch (const Poco::Exception &error) {
    throw mre::Error(MRE_LOCAL_FAILED, "cannot listen on " + where + ": " + error.displayText(),
                     "free the port, or choose another one by HTTP_HOST and HTTP_PORT");
  }
}

} // namespace

// One listening socket on a loop.
class Server::Acceptor final : public Watched {
public:
  Acceptor(Server &server, int socket) : server_(server), socket_(socket) {}
  ~Acceptor() override { ::close(socket_); }

  int fd() const override { return socket_; }
  std::uint32_t interest() const override { return is_paused_ ? 0U : std::uint32_t{EPOLLIN}; }
  void on_tick(Time /*now*/) override {
    is_paused_ = false;
    is_over_ = is_over_ || !server_.is_listening_;
  }
  void on_end() override { is_over_ = true; }
  bool is_over() const override { return is_over_; }
  void on_wake() override { is_over_ = !server_.is_listening_; }

  void on_event(std::uint32_t /*events*/) override {
    for (int i = 0; i < kAcceptsPerTurn && server_.is_listening_; ++i) {
      Address address;
      const int fd = ::accept4(socket_, address.raw(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        // Without descriptors the socket stays readable: it is looked at again after a while.
        is_paused_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        return;
      }
      server_.accepted(fd, address.is_ip() ? address.ip().host().toString() : "local");
    }
  }

private:
  Server &server_;
  const int socket_;
  bool is_paused_ = false;
  bool is_over_ = false;
};

Server::Server(Settings settings, mre::Host host, std::size_t max_body_bytes)
    : settings_(std::move(settings)), host_(host), log_(host),
      door_(settings_, max_body_bytes), service_{settings_, door_, host,
                                                 host.service<mre_peer_api>(MRE_PEER),
                                                 max_body_bytes} {}

Server::~Server() {
  stop_listening();
  for (const auto &loop : loops_) {
    loop->end(limits::kFlushTime);
  }
  service_.readers.end(); // before the loops go, which it wakes
}

void Server::check_reach(int socket) const {
  Address address = local_address(socket);
  if (settings_.token.empty() && address.is_ip() && !address.ip().host().isLoopback()) {
    throw mre::Error(MRE_DENIED,
                     "the socket " + address.ip().toString() +
                         " can be reached by others, and HTTP_TOKEN is not set",
                     "set HTTP_TOKEN (16 characters or more), or listen on 127.0.0.1");
  }
}

void Server::tell_address(int socket) const {
  Address address = local_address(socket);
  const std::string where = address.is_ip() ? address.ip().toString() : "an inherited socket";
  log_.info("listening", {{"url", (settings_.has_tls() ? "https://" : "http://") + where + "/mcp"},
                          {"token", settings_.token.empty() ? "none" : "required"}});
  if (address.is_ip() && !address.ip().host().isLoopback() && !settings_.has_tls()) {
    log_.warn("no_tls", {{"what", "the token and every result cross the network in clear text; set "
                                  "HTTP_TLS_CERT and HTTP_TLS_KEY, or let a proxy do it"}});
  }
}

std::vector<int> Server::open_sockets() const {
  std::vector<int> sockets;
  sockets.reserve(static_cast<std::size_t>(settings_.inherited_sockets) + 1);
  for (int i = 0; i < settings_.inherited_sockets; ++i) {
    sockets.push_back(prepare(kFirstInherited + i));
  }
  if (sockets.empty()) {
    sockets.push_back(bind_socket(settings_));
  }
  return sockets;
}

void Server::start() {
  if (settings_.has_tls()) {
    tls_ = make_tls_context(settings_.tls_certificate, settings_.tls_key);
  }
  const std::vector<int> sockets = open_sockets();
  for (const int socket : sockets) {
    check_reach(socket);
  }
  max_connections_ = room_for_connections(settings_.max_connections);
  if (max_connections_ < settings_.max_connections) {
    log_.warn(
        "few_descriptors",
        {{"what", "the process may not open as many descriptors as HTTP_MAX_CONNECTIONS needs; "
                  "raise its limit (ulimit -n, LimitNOFILE=)"},
         {"connections", max_connections_}});
  }
  for (std::size_t i = 0; i < limits::kLoops; ++i) {
    loops_.push_back(std::make_unique<Loop>("http"));
  }
  is_listening_ = true;
  for (const int socket : sockets) {
    tell_address(socket);
    acceptors_.push_back(Loop::next_id());
    loops_.front()->post([this, socket, id = acceptors_.back()] {
      loops_.front()->watch(id, std::make_unique<Acceptor>(*this, socket));
    });
  }
}

void Server::stop_listening() {
  is_listening_ = false;
  door_.set_stopping();
  for (const std::uint64_t id : acceptors_) {
    loops_.front()->wake(id); // it finds that nobody listens, and goes
  }
}

void Server::accepted(int fd, std::string address) {
  Loop &loop = *loops_[next_loop_++ % loops_.size()];
  loop.post([this, &loop, fd, address = std::move(address)]() mutable {
    adopt(loop, fd, std::move(address));
  });
}

// On the loop's own thread. Each loop has its share of the connections.
void Server::adopt(Loop &loop, int fd, std::string address) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (loop.watched() >= std::max<std::size_t>(max_connections_ / loops_.size(), 1)) {
    Connection *oldest = nullptr;
    loop.for_each([&](Watched &watched) {
      auto *connection = dynamic_cast<Connection *>(&watched);
      const auto since = connection == nullptr ? std::nullopt : connection->idle_since();
      if (since && (oldest == nullptr || *since < *oldest->idle_since())) {
        oldest = connection;
      }
      return true;
    });
    if (oldest == nullptr) {
      static constexpr char kFull[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                                      "Content-Length: 0\r\nConnection: close\r\n\r\n";
      if (tls_.isNull()) {
        static_cast<void>(::send(fd, kFull, sizeof kFull - 1, MSG_NOSIGNAL));
      }
      ::close(fd);
      return;
    }
    loop.drop(*oldest);
  }
  if (auto stream = make_stream(fd, tls_)) {
    const std::uint64_t id = Loop::next_id();
    loop.watch(id, std::make_unique<Connection>(service_, loop, id, std::move(stream),
                                                std::move(address)));
  }
}

} // namespace mre_http
