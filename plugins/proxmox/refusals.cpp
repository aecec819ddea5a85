// See refusals.hpp.
#include "refusals.hpp"

#include "node_line.hpp"
#include "parse.hpp"

#include <array>

namespace proxmox {

namespace {

struct Known {
  std::string_view text;
  mre_status status;
  std::string_view hint;
};

constexpr std::string_view kShowGuests = "proxmox_list_guests shows what there is";
constexpr std::string_view kBusy =
    "another job works on it: proxmox_task lists jobs; a lock that nobody holds is for a person to "
    "remove";
constexpr std::string_view kRights = "log in as root, or allow the program without a password in "
                                     "sudoers: the proxmox plugin's README "
                                     "has the lines";

// The first that is found decides, so the particular come before the general.
constexpr std::array<Known, 41> kKnown = {{
    {kMissingMark, MRE_UNSUPPORTED, "name a Proxmox VE node as `host`"},
    {"please run as root", MRE_DENIED, kRights},
    {"must have a tty to run sudo", MRE_DENIED,
     "sudo on the node asks for a terminal: add `Defaults:LOGIN !requiretty` for this login to its "
     "sudoers"},
    {"sudo: ", MRE_DENIED, kRights},
    {"is not allowed to execute", MRE_DENIED, kRights}, // sudo, when it asks for no password at all
    {"is not in the sudoers file", MRE_DENIED, kRights},
    {"sudo: not found", MRE_DENIED, kRights},
    {"no quorum", MRE_CONFLICT,
     "the cluster has lost quorum and is read-only: bring the other nodes back first"},
    {"Configuration file '", MRE_NOT_FOUND, kShowGuests},
    {"is locked (", MRE_CONFLICT, kBusy},
    {"can't lock file", MRE_CONFLICT, kBusy},
    {"if it's a template", MRE_CONFLICT, "clone it, and use the clone"},
    {"snapshot feature is not available", MRE_UNSUPPORTED,
     "its storage cannot snapshot: make a backup instead, or move it to another storage"},
    {"protection mode enabled", MRE_CONFLICT, "a person has to remove the protection first"},
    {"already exists", MRE_ALREADY_EXISTS, "choose another number or name"},
    {"already used", MRE_ALREADY_EXISTS, "choose another name, or delete that snapshot"},
    {"container is running", MRE_CONFLICT, "stop it first"},
    {"is running - destroy failed", MRE_CONFLICT, "stop it first"},
    {"running container", MRE_CONFLICT, "stop it first, or name a snapshot"},
    {"No QEMU guest agent configured", MRE_UNSUPPORTED,
     "switch the guest agent on in the machine's options and install it in the guest"},
    {"QEMU guest agent is not running", MRE_CONFLICT,
     "start qemu-guest-agent in the guest, or log in to the guest over SSH"},
    {"Agent error", MRE_REMOTE_FAILED, "see whether the guest agent is well"},
    {"did not stop", MRE_TIMED_OUT, "it ignores the shutdown: action stop ends it hard"},
    {"powerdown failed", MRE_TIMED_OUT, "it ignores the shutdown: action stop ends it hard"},
    {"unable to shrink", MRE_BAD_ARGUMENT, "a disk only grows: +5G"},
    {"no such task", MRE_NOT_FOUND, "proxmox_task with action list shows what there is"},
    {"400 not enough arguments", MRE_BAD_ARGUMENT, ""},
    {"400 too many arguments", MRE_BAD_ARGUMENT, ""},
    {"400 unable to parse option", MRE_UNSUPPORTED, "this release of Proxmox VE may be too old"},
    {"400 Parameter verification failed", MRE_BAD_ARGUMENT, "see what the node says about each"},
    {"does not look like a valid VM ID", MRE_BAD_ARGUMENT, "100 to 999999999"},
    {"unknown command", MRE_UNSUPPORTED, "this release of Proxmox VE does not have it"},
    {"handler defined for", MRE_UNSUPPORTED, "this release of Proxmox VE does not have it"},
    {"No space left on device", MRE_REMOTE_FAILED, "free some space first"},
    {"already running", MRE_CONFLICT, ""},
    {"not running", MRE_CONFLICT, "start it first: proxmox_start_container, proxmox_guest_power"},
    {"unable to find VM", MRE_NOT_FOUND, kShowGuests},
    {"does not exist", MRE_NOT_FOUND, "look at what there is"},
    {"No such file or directory", MRE_NOT_FOUND, "look at what there is"},
    {"Permission check failed", MRE_DENIED, kRights},
    {"got timeout", MRE_CONFLICT, kBusy},
}};

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool begins(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

constexpr std::size_t kWordsLength = 700; // of the 1024 an error message holds

bool only_repeats(std::string_view line) {
  for (const std::string_view text :
       {std::string_view("trying to acquire lock"), std::string_view("trying to aquire lock"),
        // usage lines
        std::string_view("pct "), std::string_view("qm "), std::string_view("vzdump "),
        std::string_view("pvesh "),
        // sudo goes on all the same
        std::string_view("sudo: unable to resolve host "), std::string_view("sudo: setrlimit("),
        // a language the client sent along and the node does not have
        std::string_view("perl: warning: "), std::string_view("\tLC_"), std::string_view("\tLANG"),
        std::string_view("    are supported and installed")}) {
    if (begins(line, text)) {
      return true;
    }
  }
  return line.empty();
}

// sudo repeats the whole command, with every argument: long, and nobody's secrets belong there.
std::string without_command(std::string_view text) {
  constexpr std::string_view before = "is not allowed to execute '";
  const std::size_t begin = text.find(before);
  const std::size_t end = text.rfind("' as ");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::string(text);
  }
  return std::string(text.substr(0, begin + before.size() - 1)) + "it" +
         std::string(text.substr(end + 1));
}

std::string joined(std::string_view all) {
  const std::string kept = without_command(all);
  std::string_view text = kept;
  std::string words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    if (!only_repeats(line)) {
      words += (words.empty() ? "" : "; ") + std::string(line);
    }
  }
  // The reason stands at the end of a long log.
  return words.size() <= kWordsLength ? words : "… " + words.substr(words.size() - kWordsLength);
}

// vzdump ends with "job errors"; why stands in its log.
std::string backup_reason(std::string_view out) {
  constexpr std::string_view before = "ERROR: ";
  const std::size_t at = out.find(before);
  return at == std::string_view::npos ? std::string()
                                      : std::string(out.substr(at, out.find('\n', at) - at));
}

// "startup for container '101' failed" says only that; why stands at the end of the task's log,
// which is standard output.
std::string log_end(std::string_view err, std::string_view out) {
  constexpr std::size_t kReasonLines = 3;
  constexpr std::size_t kLogLength = 200; // beside the words, within an error message
  if (joined(err).empty() || joined(err) == "job errors") {
    return {}; // the log is what was shown
  }
  std::string end;
  for (const std::string &line : last_lines(out, kReasonLines)) {
    end += line + "\n";
  }
  end = joined(end);
  end = end.size() <= kLogLength ? end : "… " + end.substr(end.size() - kLogLength);
  return end.empty() ? end : "; its log ends: " + end;
}

} // namespace

std::string own_words(std::string_view err, std::string_view out) {
  std::string words = joined(err);
  if (words == "job errors") {
    const std::string reason = backup_reason(out);
    words = reason.empty() ? words : reason + "; " + words;
  }
  return words.empty() ? joined(out) : words;
}

mre::Error refusal(const Attempt &attempt, std::string_view err, std::string_view out) {
  const std::string words = own_words(err, out);
  if (const std::size_t at = err.find(kMissingMark); at != std::string_view::npos) {
    const std::string_view rest = err.substr(at + kMissingMark.size());
    return {MRE_UNSUPPORTED,
            attempt.host + " has no " + std::string(rest.substr(0, rest.find('\n'))) +
                ", so it is no Proxmox VE node",
            "name a Proxmox VE node as `host`"};
  }
  const std::string message =
      attempt.what + " on " + attempt.host + ": " + (words.empty() ? "no reason was given" : words);
  for (const Known &known : kKnown) {
    if (holds(words, known.text)) {
      return {known.status, message, std::string(known.hint)};
    }
  }
  return {MRE_REMOTE_FAILED, message + log_end(err, out), "see the node's log for more"};
}

bool is_exec_refusal(std::string_view err, std::uint32_t ctid) {
  const std::string not_running = "container '" + std::to_string(ctid) + "' not running!";
  const std::string old_not_running = "CT " + std::to_string(ctid) + " not running";
  for (const std::string_view text :
       {kMissingMark, std::string_view("Configuration file 'nodes/"), std::string_view(not_running),
        std::string_view(old_not_running), std::string_view("CT is locked ("),
        std::string_view("please run as root"), std::string_view("400 "),
        std::string_view("Unknown option: "), std::string_view("sudo: "),
        std::string_view("Sorry, user "), std::string_view("ERROR: unknown command 'pct"),
        std::string_view("cluster not ready"), std::string_view("can't lock file")}) {
    // Not only at the beginning: warnings may come first.
    if (begins(err, text) || holds(err, "\n" + std::string(text))) {
      return true;
    }
  }
  return holds(err, " is not in the sudoers file"); // begins with the login
}

bool is_missing_guest(std::string_view err) {
  return holds(err, "Configuration file 'nodes/") && holds(err, "does not exist");
}

std::string node_in(std::string_view err) {
  constexpr std::string_view before = "'nodes/";
  const std::size_t at = err.find(before);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = err.substr(at + before.size());
  const std::size_t end = rest.find_first_of("/'\n");
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

bool is_old_release(std::string_view err) {
  return holds(err, "Unknown option: keep-env");
}

} // namespace proxmox
