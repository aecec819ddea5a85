// See sftp_transfer.hpp.
//
// libssh2 keeps in flight what one call holds, so draining a buffer before the next is begun would
// cost a round trip each time. The upload therefore slides a window over the stream and the
// download always asks with the same room.
#include "core/ssh/sftp_transfer.hpp"

#include "core/base/digest.hpp"
#include "core/base/guarded.hpp"

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <algorithm>
#include <deque>
#include <string_view>
#include <thread>
#include <vector>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace mre::ssh {

namespace {

// Values a step ends a run with.
constexpr long kFinished = 0;
constexpr long kStarved = 1; // nothing to write until the source gave more
constexpr long kFull = 2;    // nothing to read until the sink took some

constexpr std::size_t kMoveAfter = 3; // windows; each costs its size in memory
// libssh2 asks ahead for so many times what a read has room for, and keeps what has come until it
// is fetched: behind a slow sink that is memory. Near, a quarter of the room is as fast; at a
// distance it is not (0.6 of a bare download at 20 ms).
constexpr std::size_t kReadsAhead = 4;
constexpr std::size_t room_of_read(std::size_t in_flight) {
  return in_flight > limits::kSftpBufferNear ? in_flight : in_flight / kReadsAhead;
}

// A buffer on its way; it keeps its allocation when it comes back, so that nothing is filled with
// zeros twice.
struct Chunk {
  std::string buffer;
  std::size_t size = 0;
  std::string_view bytes() const { return {buffer.data(), size}; }
};

// What the two threads share.
struct Exchange {
  std::deque<Chunk> chunks;
  std::vector<Chunk> spare; // empty ones to use again
  std::size_t queued = 0;
  bool ended = false;           // upload: the source is through; download: the file is
  bool aborted = false;         // the calling thread gave up
  std::optional<Error> failure; // of the lease's side
  std::uint64_t acknowledged = 0;
};

Chunk take_spare(Guarded<Exchange> &exchange) {
  return exchange.with([](Exchange &shared) {
    Chunk chunk;
    if (!shared.spare.empty()) {
      chunk = std::move(shared.spare.back());
      shared.spare.pop_back();
    }
    return chunk;
  });
}

// The lease's side of an upload.
class Writer {
public:
  Writer(SftpCalls &calls, const UploadPlan &plan, Guarded<Exchange> &exchange,
         std::size_t in_flight)
      : calls_(calls), plan_(plan), exchange_(exchange), in_flight_(in_flight) {}

  void work() {
    const SftpCalls::Step step = [this](LIBSSH2_SESSION *, LIBSSH2_SFTP *) { return advance(); };
    while (true) {
      const auto ended = calls_.run(step, "cannot write " + plan_.name);
      if (!ended) {
        exchange_.with([&](Exchange &shared) { shared.failure = ended.error(); });
        exchange_.notify_all();
        return;
      }
      if (*ended == kFinished) {
        return;
      }
      exchange_.wait(
          [](const Exchange &shared) {
            return !shared.chunks.empty() || shared.ended || shared.aborted;
          },
          [](Exchange &) {});
    }
  }

private:
  // On the reactor thread: as much as libssh2 takes now.
  long advance() {
    if (!positioned_) {
      libssh2_sftp_seek64(plan_.handle, plan_.offset);
      positioned_ = true;
    }
    while (true) {
      const bool ended = refill();
      if (window_.size() == begin_) {
        return ended ? kFinished : kStarved;
      }
      const ssize_t written =
          libssh2_sftp_write(plan_.handle, window_.data() + begin_, window_.size() - begin_);
      if (written < 0) {
        return written;
      }
      begin_ += static_cast<std::size_t>(written);
      exchange_.with(
          [&](Exchange &shared) { shared.acknowledged += static_cast<std::uint64_t>(written); });
    }
  }

  // Tops the window up; true when nothing will follow.
  bool refill() {
    bool ended = false;
    while (window_.size() - begin_ < in_flight_) {
      Chunk chunk;
      exchange_.with([&](Exchange &shared) {
        if (!shared.aborted && !shared.chunks.empty()) {
          chunk = std::move(shared.chunks.front());
          shared.chunks.pop_front();
          shared.queued -= chunk.size;
        }
        ended = shared.aborted || (shared.ended && shared.chunks.empty());
      });
      if (chunk.size == 0) {
        break;
      }
      // Moving what is left costs at most one window for every kMoveAfter of them written.
      if (begin_ >= kMoveAfter * in_flight_ || begin_ == window_.size()) {
        window_.erase(0, begin_);
        begin_ = 0;
      }
      window_ += chunk.bytes();
      chunk.size = 0;
      exchange_.with([&](Exchange &shared) { shared.spare.push_back(std::move(chunk)); });
      exchange_.notify_all();
    }
    return ended;
  }

  SftpCalls &calls_;
  const UploadPlan &plan_;
  Guarded<Exchange> &exchange_;
  const std::size_t in_flight_;
  std::string window_; // from begin_ on: given to libssh2, not yet acknowledged
  std::size_t begin_ = 0;
  bool positioned_ = false;
};

// The lease's side of a download.
class Reader {
public:
  Reader(SftpCalls &calls, const DownloadPlan &plan, Guarded<Exchange> &exchange,
         std::size_t in_flight)
      : calls_(calls), plan_(plan), exchange_(exchange), in_flight_(in_flight),
        room_(room_of_read(in_flight)) {}

  void work() {
    const SftpCalls::Step step = [this](LIBSSH2_SESSION *, LIBSSH2_SFTP *) { return advance(); };
    while (true) {
      const auto ended = calls_.run(step, "cannot read " + plan_.name);
      if (!ended || *ended == kFinished) {
        exchange_.with([&](Exchange &shared) {
          shared.ended = true;
          if (!ended) {
            shared.failure = ended.error();
          }
        });
        exchange_.notify_all();
        return;
      }
      exchange_.wait(
          [this](const Exchange &shared) { return shared.queued < in_flight_ || shared.aborted; },
          [](Exchange &) {});
    }
  }

private:
  // On the reactor thread: as much as has arrived.
  long advance() {
    if (!positioned_) {
      libssh2_sftp_seek64(plan_.handle, plan_.offset);
      positioned_ = true;
    }
    while (true) {
      const std::uint64_t left = plan_.max_bytes - read_;
      if (left == 0) {
        deliver();
        return kFinished;
      }
      // The read-ahead follows the room that is offered, so all of it is, always.
      const auto ask = static_cast<std::size_t>(std::min<std::uint64_t>(left, room_));
      if (buffer_.size() < filled_ + ask) {
        buffer_.resize(filled_ + ask);
      }
      const ssize_t got = libssh2_sftp_read(plan_.handle, buffer_.data() + filled_, ask);
      if (got <= 0) {
        if (got == 0 || filled_ >= limits::kTransferChunk) {
          deliver();
        }
        return got == 0 ? kFinished : got;
      }
      filled_ += static_cast<std::size_t>(got);
      read_ += static_cast<std::uint64_t>(got);
      if (filled_ >= limits::kTransferChunk && !deliver()) {
        return kFull;
      }
    }
  }

  // Hands over what was read; false when the sink is behind or gone.
  bool deliver() {
    bool has_room = true;
    Chunk chunk = take_spare(exchange_);
    chunk.buffer.assign(buffer_, 0,
                        filled_); // the buffer stays: filling a fresh one with zeros costs more
    exchange_.with([&](Exchange &shared) {
      shared.queued += filled_;
      if (filled_ > 0) {
        chunk.size = filled_;
        shared.chunks.push_back(std::move(chunk));
      }
      has_room = shared.queued < in_flight_ && !shared.aborted;
      // Nobody wants the rest: reading ends at the next look.
      if (shared.aborted) {
        read_ = plan_.max_bytes;
      }
    });
    exchange_.notify_all();
    filled_ = 0;
    return has_room;
  }

  SftpCalls &calls_;
  const DownloadPlan &plan_;
  Guarded<Exchange> &exchange_;
  const std::size_t in_flight_;
  const std::size_t room_;
  std::string buffer_;
  std::size_t filled_ = 0;
  std::uint64_t read_ = 0;
  bool positioned_ = false;
};

Error too_large(const std::string &name, std::uint64_t limit) {
  return {Errc::too_large,
          name + ": more than the " + std::to_string(limit) + " bytes that are allowed",
          "raise MAX_FILE_SIZE, or set it to 0 for no limit"};
}

template <class Plan>
void report(const Plan &plan, std::uint64_t bytes) {
  if (plan.progress != nullptr && *plan.progress) {
    (*plan.progress)(bytes, plan.total);
  }
}

// Gives the pages of a big transfer's buffers back, which malloc would keep for the next one: 10
// MiB after the first (measured). Looking through the heap takes about a millisecond.
void return_memory(const Result<Transferred> &moved) {
#ifdef __GLIBC__
  if (!moved || moved->bytes >= limits::kTrimFrom) {
    ::malloc_trim(0);
  }
#else
  static_cast<void>(moved);
#endif
}

// The calling side of an upload: source, limit and digest. Returns when all is queued or something
// failed.
Result<Transferred> feed(UploadPlan &plan, Guarded<Exchange> &exchange, std::size_t in_flight) {
  Sha256 digest;
  Transferred moved;
  Chunk chunk{std::move(plan.head), 0};
  chunk.size = chunk.buffer.size();
  while (true) {
    if (chunk.size == 0) {
      chunk = take_spare(exchange);
      chunk.buffer.resize(limits::kTransferChunk);
      MRE_TRY(chunk.size, (*plan.source)(chunk.buffer.data(), chunk.buffer.size()));
      if (chunk.size == 0) {
        break;
      }
    }
    moved.bytes += chunk.size;
    if (moved.bytes > plan.max_bytes) {
      return too_large(plan.name, plan.max_bytes);
    }
    digest.update(chunk.bytes());
    const auto room = [&](const Exchange &shared) {
      return shared.queued < in_flight || shared.failure;
    };
    std::uint64_t acknowledged = 0;
    const bool failed = exchange.wait(room, [&](Exchange &shared) {
      acknowledged = shared.acknowledged;
      shared.queued += chunk.size;
      shared.chunks.push_back(std::move(chunk));
      return shared.failure.has_value();
    });
    if (failed) {
      break; // the lease's side says why
    }
    exchange.notify_all();
    report(plan, acknowledged);
    chunk.size = 0;
  }
  moved.sha256 = digest.finish_hex();
  return moved;
}

// The calling side of a download: sink and digest.
Result<Transferred> drain(const DownloadPlan &plan, Guarded<Exchange> &exchange) {
  Sha256 digest;
  Transferred moved;
  while (true) {
    Chunk chunk;
    exchange.wait([](const Exchange &shared) { return !shared.chunks.empty() || shared.ended; },
                  [&](Exchange &shared) {
                    if (!shared.chunks.empty()) {
                      chunk = std::move(shared.chunks.front());
                      shared.chunks.pop_front();
                      shared.queued -= chunk.size;
                    }
                  });
    exchange.notify_all();
    if (chunk.size == 0) {
      break;
    }
    digest.update(chunk.bytes());
    MRE_TRY_VOID((*plan.sink)(chunk.bytes()));
    moved.bytes += chunk.size;
    report(plan, moved.bytes);
    exchange.with([&](Exchange &shared) { shared.spare.push_back(std::move(chunk)); });
  }
  moved.sha256 = digest.finish_hex();
  return moved;
}

} // namespace

std::size_t transfer_buffer(std::chrono::microseconds round_trip) {
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(0, round_trip.count()));
  const std::uint64_t wanted =
      2 * std::min<std::uint64_t>(micros, 10000000) * limits::kSftpBytesPerSecond / 1000000;
  return static_cast<std::size_t>(
      std::clamp<std::uint64_t>(wanted, limits::kSftpBufferNear, limits::kSftpBufferFar));
}

namespace {

Result<Transferred> pump_up(SftpCalls &calls, UploadPlan &plan) {
  const std::size_t in_flight = transfer_buffer(calls.round_trip());
  Guarded<Exchange> exchange;
  Writer writer(calls, plan, exchange, in_flight);
  std::jthread helper([&] { writer.work(); });
  auto fed = feed(plan, exchange, in_flight);
  exchange.with([&](Exchange &shared) {
    shared.ended = true;
    shared.aborted = !fed.has_value();
  });
  exchange.notify_all();
  helper.join();
  auto failure = exchange.with([](Exchange &shared) { return std::move(shared.failure); });
  if (!fed) {
    return fed;
  }
  if (failure) {
    return *std::move(failure);
  }
  report(plan, fed->bytes);
  return fed;
}

Result<Transferred> pump_down(SftpCalls &calls, const DownloadPlan &plan) {
  const std::size_t in_flight = transfer_buffer(calls.round_trip());
  Guarded<Exchange> exchange;
  Reader reader(calls, plan, exchange, in_flight);
  std::jthread helper([&] { reader.work(); });
  auto drained = drain(plan, exchange);
  if (!drained) {
    exchange.with([](Exchange &shared) { shared.aborted = true; });
    exchange.notify_all();
  }
  helper.join();
  auto failure = exchange.with([](Exchange &shared) { return std::move(shared.failure); });
  if (drained && failure) {
    return *std::move(failure);
  }
  return drained;
}

} // namespace

Result<Transferred> upload(SftpCalls &calls, UploadPlan plan) {
  auto moved = pump_up(calls, plan);
  return_memory(moved);
  return moved;
}

Result<Transferred> download(SftpCalls &calls, const DownloadPlan &plan) {
  auto moved = pump_down(calls, plan);
  return_memory(moved);
  return moved;
}

} // namespace mre::ssh
