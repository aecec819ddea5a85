// PlainEngine: an Engine for tests of files, made of plain blocking libssh2 on sockets of its own.
//
// Promise: lease_sftp() gives channels of a real server; start() runs the command on this machine,
// which is the server's in these tests. What can go wrong on purpose is in Faults. Threads: any; a
// lease belongs to one thread.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/unique_fd.hpp"
#include "core/ssh/engine.hpp"
#include "tests/support/sshd.hpp"

#include <arpa/inet.h>
#include <libssh2.h>
#include <libssh2_sftp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace mre::testing {

struct Faults {
  std::atomic<int> digest_exit{0}; // not 0: start() ends with this instead of running anything
  std::atomic<bool> wrong_digest{false};
  // The link is cut after so many calls of a step on the thread that made this object: clean-up
  // that runs beside keeps its own.
  std::atomic<int> break_after_steps{-1};
  const std::thread::id thread = std::this_thread::get_id();
  std::atomic<long> round_trip_us{100};
  std::atomic<int> leases{0}; // how many were given
  std::atomic<int> commands{0};
};

class PlainConnection {
public:
  PlainConnection(std::uint16_t port, const std::string &user, const std::string &key) {
    socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void *raw = &address;
    if (::connect(socket_.get(), static_cast<sockaddr *>(raw), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to the test server");
    }
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    session_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, nullptr);
    if (libssh2_session_handshake(session_, socket_.get()) != 0 ||
        libssh2_userauth_publickey_fromfile_ex(session_, user.data(),
                                               static_cast<unsigned>(user.size()), nullptr,
                                               key.c_str(), nullptr) != 0) {
      throw std::runtime_error("cannot log in to the test server");
    }
    sftp_ = libssh2_sftp_init(session_);
    if (sftp_ == nullptr) {
      throw std::runtime_error("the test server has no SFTP");
    }
    libssh2_session_set_blocking(session_, 0);
  }
  ~PlainConnection() {
    // No goodbye: a silent server would be waited for.
    ::shutdown(socket_.get(), SHUT_RDWR);
    libssh2_session_set_blocking(session_, 1);
    libssh2_sftp_shutdown(sftp_);
    libssh2_session_free(session_);
  }
  PlainConnection(const PlainConnection &) = delete;
  PlainConnection &operator=(const PlainConnection &) = delete;

  LIBSSH2_SESSION *session() { return session_; }
  LIBSSH2_SFTP *sftp() { return sftp_; }
  int socket() const { return socket_.get(); }

private:
  UniqueFd socket_;
  LIBSSH2_SESSION *session_ = nullptr;
  LIBSSH2_SFTP *sftp_ = nullptr;
};

class PlainEngine final : public ssh::Engine {
public:
  explicit PlainEngine(const Sshd &sshd)
      : port_(sshd.port()), user_(sshd.user()), key_(sshd.client_key()) {}

  Faults faults;

  std::shared_ptr<ssh::Execution> start(ssh::ExecRequest request,
                                        std::shared_ptr<ssh::ExecObserver> observer) override {
    ++faults.commands;
    ssh::ExecEnd end;
    end.outcome = ssh::Outcome::exited;
    end.exit_code = faults.digest_exit.load();
    if (faults.wrong_digest) {
      observer->on_output(ssh::Stream::out, std::string(64, '0') + "  -\n");
    } else if (end.exit_code == 0) {
      FILE *pipe = ::popen(("cd; " + request.command).c_str(), "r");
      std::array<char, 4096> chunk{};
      while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
        observer->on_output(ssh::Stream::out, {chunk.data(), got});
      }
      end.exit_code = WEXITSTATUS(::pclose(pipe));
    }
    observer->on_end(end);
    return std::make_shared<Done>();
  }

  Result<std::unique_ptr<ssh::SftpLease>> lease_sftp(const config::HostConfig &, ssh::LeaseKind,
                                                     std::stop_token) override {
    ++faults.leases;
    auto connection = idle_.with([](auto &idle) {
      std::unique_ptr<PlainConnection> taken;
      if (!idle.empty()) {
        taken = std::move(idle.back());
        idle.pop_back();
      }
      return taken;
    });
    if (!connection) {
      try {
        connection = std::make_unique<PlainConnection>(port_, user_, key_);
      } catch (const std::runtime_error &error) {
        return Error{Errc::unreachable, error.what(), {}};
      }
    }
    return std::unique_ptr<ssh::SftpLease>(std::make_unique<Lease>(*this, std::move(connection)));
  }

  bool is_connected(const config::HostConfig &) const override { return true; }
  void shutdown(Milliseconds) override {}

private:
  struct Done final : ssh::Execution {
    void cancel() override {}
    void resume() override {}
  };

  class Lease final : public ssh::SftpLease {
  public:
    Lease(PlainEngine &engine, std::unique_ptr<PlainConnection> connection)
        : engine_(engine), connection_(std::move(connection)) {}
    ~Lease() override {
      if (!spent_) {
        engine_.idle_.with([&](auto &idle) { idle.push_back(std::move(connection_)); });
      }
    }

    Result<long> run(const std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)> &step,
                     std::stop_token stop, Milliseconds patience) override {
      const auto give_up = std::chrono::steady_clock::now() + patience;
      while (true) {
        if (stop.stop_requested()) {
          spent_ = true;
          return Error{Errc::cancelled, "cancelled", {}};
        }
        if (engine_.faults.thread == std::this_thread::get_id() &&
            engine_.faults.break_after_steps >= 0 && engine_.faults.break_after_steps-- == 0) {
          ::shutdown(connection_->socket(), SHUT_RDWR);
        }
        const long code = step(connection_->session(), connection_->sftp());
        if (code == LIBSSH2_ERROR_SOCKET_SEND || code == LIBSSH2_ERROR_SOCKET_RECV ||
            code == LIBSSH2_ERROR_SOCKET_DISCONNECT) {
          spent_ = true;
          return Error{Errc::lost, "the connection broke", {}};
        }
        if (code != LIBSSH2_ERROR_EAGAIN) {
          return code;
        }
        pollfd wait{connection_->socket(), POLLIN, 0};
        if ((libssh2_session_block_directions(connection_->session()) &
             LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) {
          wait.events = static_cast<short>(wait.events | POLLOUT);
        }
        ::poll(&wait, 1, 20);
        if (std::chrono::steady_clock::now() > give_up) {
          spent_ = true;
          return Error{Errc::timed_out, "no byte moved", {}};
        }
      }
    }
    std::string_view server_banner() const override {
      return libssh2_session_banner_get(connection_->session());
    }
    std::chrono::microseconds round_trip() const override {
      return std::chrono::microseconds(engine_.faults.round_trip_us.load());
    }

  private:
    PlainEngine &engine_;
    std::unique_ptr<PlainConnection> connection_;
    bool spent_ = false;
  };

  std::uint16_t port_;
  std::string user_;
  std::string key_;
  Guarded<std::vector<std::unique_ptr<PlainConnection>>> idle_;
};

} // namespace mre::testing
