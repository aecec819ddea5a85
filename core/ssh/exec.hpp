// Running a command on a host: the request, the consumer of its output, and how it ended.
//
// Threads: an ExecObserver is called on the reactor thread only, never concurrently with itself,
// and must not block. Lifetime: the engine keeps the observer alive until on_end() has returned;
// on_end() comes exactly once, last.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mre::ssh {

enum class Stream { out, err };
enum class Outcome { exited, signalled, timed_out, cancelled, lost };
enum class RemoteProcess { gone, still_running, unknown };

std::string_view to_word(Outcome outcome);              // "exited" …
std::string_view to_word(RemoteProcess remote_process); // "gone" …

// Input for a command, pulled on the reactor thread as the far side takes it. Must not block.
class InputSource {
public:
  virtual ~InputSource() = default;
  enum class State { data, later, end };
  // Appends up to `capacity` bytes. `later`: nothing now; the source calls Execution::resume() when
  // there is more.
  virtual State read(std::string &buffer, std::size_t capacity) = 0;
};

struct ExecRequest {
  config::HostConfig host;
  std::string command; // text for the login shell; whatever was argv is already quoted
  std::string working_directory;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;                         // sent, then end of file
  std::shared_ptr<InputSource> input_source; // instead of input, when set
  Milliseconds timeout{30000}; // from the submission on: queue, connect, login and run
  bool pty = false;
  bool merge_streams = false;
};

struct ExecEnd {
  Outcome outcome = Outcome::lost;
  std::optional<int> exit_code;
  std::string signal; // without SIG
  RemoteProcess remote_process = RemoteProcess::unknown;
  std::uint64_t out_bytes = 0;
  std::uint64_t err_bytes = 0;
  Milliseconds duration{0};               // from submission
  std::optional<Milliseconds> first_byte; // from the moment the command was sent
};

class ExecObserver {
public:
  virtual ~ExecObserver() = default;
  // How many bytes on_output may get now; 0 stops reading until Execution::resume().
  virtual std::size_t room() = 0;
  virtual void on_output(Stream stream, std::string_view bytes) = 0;
  // The command ran (whatever its outcome), or the error that kept it from starting.
  virtual void on_end(Result<ExecEnd> end) = 0;
};

// A command under way. Destroying it does not cancel.
class Execution {
public:
  virtual ~Execution() = default;
  virtual void
  cancel() = 0; // any thread: walks the kill ladder; on_end follows with Outcome::cancelled
  virtual void resume() = 0; // any thread: the observer has room or the input source has data again
};

} // namespace mre::ssh
