#include "bench/bare_reactor.hpp"

#include "bench/bare_connection.hpp"
#include "bench/statistics.hpp"

#include <poll.h>

#include <array>
#include <memory>
#include <vector>

namespace mre::bench {
namespace {

// One command slot. libssh2 keeps the state of an open in the session, so only one slot of a
// connection opens at a time.
struct Slot {
  enum class State { idle, opening, starting, reading, closing };
  State state = State::idle;
  LIBSSH2_CHANNEL *channel = nullptr;
};

class Worker {
public:
  Worker(const Endpoint &endpoint, std::size_t channels)
      : connection_(endpoint), slots_(channels) {}

  BareConnection &connection() { return connection_; }

  // Runs every slot as far as it goes. True when anything moved.
  bool turn(const std::string &command, std::size_t &to_start, std::size_t &done) {
    bool moved = false;
    for (Slot &slot : slots_) {
      while (step(slot, command, to_start, done)) {
        moved = true;
      }
    }
    return moved;
  }

private:
  bool step(Slot &slot, const std::string &command, std::size_t &to_start, std::size_t &done) {
    switch (slot.state) {
    case Slot::State::idle:
      if (opener_ != nullptr || to_start == 0) {
        return false;
      }
      --to_start;
      opener_ = &slot;
      slot.state = Slot::State::opening;
      return true;
    case Slot::State::opening:
      slot.channel = libssh2_channel_open_session(connection_.session());
      if (slot.channel == nullptr) {
        return again(libssh2_session_last_errno(connection_.session()), "open");
      }
      opener_ = nullptr;
      slot.state = Slot::State::starting;
      return true;
    case Slot::State::starting:
      return advance(slot,
                     libssh2_channel_process_startup(slot.channel, "exec", 4, command.data(),
                                                     static_cast<unsigned>(command.size())),
                     Slot::State::reading, "exec");
    case Slot::State::reading:
      return read(slot);
    case Slot::State::closing:
      if (!advance(slot, libssh2_channel_free(slot.channel), Slot::State::idle, "free")) {
        return false;
      }
      ++done;
      return true;
    }
    return false;
  }

  bool read(Slot &slot) {
    std::array<char, 4096> buffer{};
    const long got = libssh2_channel_read_ex(slot.channel, 0, buffer.data(), buffer.size());
    if (got > 0) {
      return true;
    }
    if (got < 0 && got != LIBSSH2_ERROR_EAGAIN) {
      return again(got, "read");
    }
    if (libssh2_channel_eof(slot.channel) == 0) {
      return false;
    }
    slot.state = Slot::State::closing;
    return true;
  }

  bool advance(Slot &slot, long result, Slot::State next, const char *what) {
    if (result != 0) {
      return again(result, what);
    }
    slot.state = next;
    return true;
  }

  static bool again(long result, const char *what) {
    if (result != LIBSSH2_ERROR_EAGAIN) {
      throw std::runtime_error(std::string("bare reactor: ") + what + ": " +
                               std::to_string(result));
    }
    return false;
  }

  BareConnection connection_;
  std::vector<Slot> slots_;
  Slot *opener_ = nullptr;
};

} // namespace

double reactor_rate(const Endpoint &endpoint, const ReactorLoad &load) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t index = 0; index < load.connections; ++index) {
    workers.push_back(std::make_unique<Worker>(endpoint, load.channels));
  }
  std::vector<pollfd> polled(workers.size());
  std::size_t to_start = load.commands;
  std::size_t done = 0;
  const Time begin = now();
  while (done < load.commands) {
    for (std::size_t index = 0; index < workers.size(); ++index) {
      BareConnection &connection = workers[index]->connection();
      connection.fill();
      // A call for one channel may take in what another waits for: scan until a whole pass moves
      // nothing.
      while (workers[index]->turn(load.command, to_start, done)) {
      }
      connection.flush();
      const int events = connection.has_queued() ? POLLIN | POLLOUT : POLLIN;
      polled[index] = {connection.socket(), static_cast<short>(events), 0};
    }
    constexpr int kPatienceMilliseconds = 30000;
    if (done < load.commands && ::poll(polled.data(), polled.size(), kPatienceMilliseconds) == 0) {
      throw std::runtime_error("bare reactor: the server fell silent");
    }
  }
  return static_cast<double>(load.commands) / seconds_since(begin);
}

} // namespace mre::bench
