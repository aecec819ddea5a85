#include "core/plugin_host/services/exec_bridge.hpp"

#include "core/guard/limits.hpp"
#include "core/plugin_host/abi.hpp"

#include <algorithm>
#include <array>

namespace mre::plugin_host {

namespace {
constexpr std::size_t kSmallestRoom = 32768; // one SSH packet
} // namespace

class ExecBridge::Input final : public ssh::InputSource {
public:
  explicit Input(std::shared_ptr<ExecBridge> bridge) : bridge_(std::move(bridge)) {}

  State read(std::string &buffer, std::size_t capacity) override {
    const State state = bridge_->shared_.with([&](Shared &shared) {
      if (shared.input.empty()) {
        shared.awaits_input = !shared.input_ended;
        return shared.input_ended ? State::end : State::later;
      }
      const std::size_t count = std::min(capacity, shared.input.size());
      buffer.append(shared.input, 0, count);
      shared.input.erase(0, count);
      return State::data;
    });
    bridge_->shared_.notify_all();
    return state;
  }

private:
  const std::shared_ptr<ExecBridge> bridge_;
};

std::size_t ExecBridge::room() {
  return shared_.with([](Shared &shared) -> std::size_t {
    const std::size_t room =
        limits::kPendingOutput - std::min(limits::kPendingOutput, shared.pending);
    // Crumbs of room would become crumbs of reads.
    shared.awaits_room = room < kSmallestRoom;
    return shared.awaits_room ? 0 : room;
  });
}

void ExecBridge::on_output(ssh::Stream stream, std::string_view bytes) {
  shared_.with([&](Shared &shared) {
    if (!shared.is_stopped) {
      shared.pending += bytes.size();
      shared.chunks.emplace_back(stream, bytes);
    }
  });
  shared_.notify_all();
}

void ExecBridge::on_end(Result<ssh::ExecEnd> end) {
  shared_.with([&](Shared &shared) { shared.end.emplace(std::move(end)); });
  shared_.notify_all();
}

ExecBridge::Work ExecBridge::next(Chunk &chunk) {
  const auto wants_input = [](const Shared &shared) {
    return !shared.end && !shared.input_ended && shared.input.size() < limits::kPendingInput;
  };
  return shared_.wait(
      [&](const Shared &shared) {
        return !shared.chunks.empty() || shared.end || wants_input(shared);
      },
      [&](Shared &shared) {
        if (!shared.chunks.empty()) {
          chunk = std::move(shared.chunks.front());
          shared.chunks.pop_front();
          return Work::chunk;
        }
        return shared.end ? Work::end : Work::input;
      });
}

bool ExecBridge::deliver(const Chunk &chunk) {
  const bool wants_more =
      write_to(chunk.first == ssh::Stream::out ? streams_.out : streams_.err, chunk.second);
  shared_.with([&](Shared &shared) { shared.pending -= chunk.second.size(); });
  return wants_more;
}

bool ExecBridge::feed() {
  std::array<char, 32768> buffer{}; // one SSH packet
  const std::int64_t got = streams_.input.read(streams_.input.ctx, buffer.data(), buffer.size());
  const bool is_good = got >= 0 && static_cast<std::size_t>(got) <= buffer.size();
  shared_.with([&](Shared &shared) {
    if (is_good && got > 0) {
      shared.input.append(buffer.data(), static_cast<std::size_t>(got));
    } else {
      shared.input_ended = true;
    }
  });
  return is_good;
}

void ExecBridge::stop_output() {
  shared_.with([](Shared &shared) {
    shared.is_stopped = true;
    shared.chunks.clear();
    shared.pending = 0;
  });
}

// Waking the reactor costs a system call: only when it waits, and for output only when half of the
// room is free again.
bool ExecBridge::must_resume() {
  return shared_.with([](Shared &shared) {
    const bool has_room = shared.awaits_room && shared.pending <= limits::kPendingOutput / 2;
    const bool has_input = shared.awaits_input && (!shared.input.empty() || shared.input_ended);
    shared.awaits_room = shared.awaits_room && !has_room;
    shared.awaits_input = shared.awaits_input && !has_input;
    return has_room || has_input;
  });
}

Result<ssh::ExecEnd> ExecBridge::run(ssh::Engine &engine, ssh::ExecRequest request,
                                     const std::stop_token &stop) {
  const bool has_input = streams_.input.read != nullptr;
  shared_.with([&](Shared &shared) { shared.input_ended = !has_input; });
  if (has_input) {
    request.input_source = std::make_shared<Input>(shared_from_this());
  }
  const std::shared_ptr<ssh::Execution> execution =
      engine.start(std::move(request), shared_from_this());
  const std::stop_callback cancel(stop, [&] { execution->cancel(); });
  Chunk chunk;
  while (true) {
    const Work work = next(chunk);
    if (work == Work::end) {
      break;
    }
    if (const bool goes_on = work == Work::chunk ? deliver(chunk) : feed(); !goes_on) {
      stop_output();
      execution->cancel();
    }
    if (must_resume()) {
      execution->resume();
    }
  }
  return shared_.with([](Shared &shared) { return *std::move(shared.end); });
}

} // namespace mre::plugin_host
