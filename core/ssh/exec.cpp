// The words of exec.hpp.
#include "core/ssh/exec.hpp"

namespace mre::ssh {

std::string_view to_word(Outcome outcome) {
  switch (outcome) {
  case Outcome::exited:
    return "exited";
  case Outcome::signalled:
    return "signalled";
  case Outcome::timed_out:
    return "timed_out";
  case Outcome::cancelled:
    return "cancelled";
  case Outcome::lost:
    return "lost";
  }
  return "lost";
}

std::string_view to_word(RemoteProcess remote_process) {
  switch (remote_process) {
  case RemoteProcess::gone:
    return "gone";
  case RemoteProcess::still_running:
    return "still_running";
  case RemoteProcess::unknown:
    return "unknown";
  }
  return "unknown";
}

} // namespace mre::ssh
