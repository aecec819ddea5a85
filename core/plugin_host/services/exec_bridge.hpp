// A command between the reactor thread, which must not wait, and a plugin's thread, which may.
//
// Promise: output reaches the plugin's sinks in order, on the calling thread, with at most
// kPendingOutput bytes under way; a slow sink slows the far side down. A sink that stops, a source
// that fails and a call that is cancelled end the remote process. Threads: run() on the calling
// thread; everything the engine calls on its reactor thread. Lifetime: one command.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/ssh/engine.hpp"

#include <mre/plugin.h>

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace mre::plugin_host {

struct ExecStreams {
  mre_sink out{}, err{}; // write == nullptr: dropped
  mre_source input{};    // read == nullptr: none
};

class ExecBridge final : public ssh::ExecObserver, public std::enable_shared_from_this<ExecBridge> {
public:
  explicit ExecBridge(ExecStreams streams) : streams_(streams) {}

  // Starts the command and returns when it has ended; the end, or the error that kept it from
  // starting.
  Result<ssh::ExecEnd> run(ssh::Engine &engine, ssh::ExecRequest request,
                           const std::stop_token &stop);

  std::size_t room() override;
  void on_output(ssh::Stream stream, std::string_view bytes) override;
  void on_end(Result<ssh::ExecEnd> end) override;

private:
  class Input;
  using Chunk = std::pair<ssh::Stream, std::string>;
  struct Shared {
    std::deque<Chunk> chunks;
    std::size_t pending = 0;
    std::string input;
    bool input_ended = false;
    bool is_stopped = false;                        // nobody wants more output
    bool awaits_room = false, awaits_input = false; // the engine waits for resume()
    std::optional<Result<ssh::ExecEnd>> end;
  };
  enum class Work { chunk, input, end };

  Work next(Chunk &chunk);
  bool deliver(const Chunk &chunk);
  bool feed(); // false when the source failed
  void stop_output();
  bool must_resume();

  const ExecStreams streams_;
  Guarded<Shared> shared_;
};

} // namespace mre::plugin_host
