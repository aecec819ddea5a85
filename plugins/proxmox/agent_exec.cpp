// See agent_exec.hpp.
#include "agent_exec.hpp"

#include "agent_result.hpp"
#include "arguments.hpp"
#include "guest_report.hpp"
#include "guest_scripts.hpp"

#include <algorithm>

namespace proxmox {

namespace {

constexpr std::size_t kMostInput = 1U << 20U; // of the agent
constexpr std::chrono::seconds kAgentMargin{20};
constexpr int kSweepSeconds = 15;

NodeCommand agent_command(std::uint32_t id, std::int64_t seconds, bool with_input,
                          const std::vector<std::string> &words) {
  NodeCommand command{"qm",
                      {"guest", "exec", std::to_string(id), "--timeout", std::to_string(seconds)}};
  if (with_input) {
    command.words.insert(command.words.end(), {"--pass-stdin", "1"});
  }
  command.words.emplace_back("--");
  command.words.insert(command.words.end(), words.begin(), words.end());
  return command;
}

// pid: what the agent gave up on; 0: it did not say.
Swept sweep_machine(const Node &node, std::uint32_t id, const std::string &marker,
                    std::int64_t pid = 0) {
  try {
    const std::string text = node.detached().run_one(
        agent_command(id, kSweepSeconds, false,
                      script_words(kSweepScript,
                                   {marker, "", "", pid > 0 ? std::to_string(pid) : ""}, {}, "")),
        {std::chrono::seconds(kSweepSeconds) + kAgentMargin, {}, false});
    return parse_sweep(parse_agent_result(text).out);
  } catch (const mre::Error &) {
    return Swept::unknown; // nothing can be said; the caller says just that
  }
}

const char *fate_word(Swept swept) {
  return swept == Swept::gone ? "gone" : swept == Swept::alive ? "still_running" : "unknown";
}

bool is_inside_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Head and tail within the limit, cut between characters.
std::string shorten(const std::string &text, std::size_t limit) {
  if (text.size() <= limit) {
    return text;
  }
  std::size_t head = limit / 2;
  std::size_t tail = text.size() - limit / 2;
  while (head > 0 && is_inside_character(text[head])) {
    --head;
  }
  while (tail < text.size() && is_inside_character(text[tail])) {
    ++tail;
  }
  return text.substr(0, head) + "\n[… " + std::to_string(tail - head) + " bytes cut …]\n" +
         text.substr(tail);
}

mre::json rendered(const Node &node, std::uint32_t id, const AgentResult &result, std::size_t limit,
                   std::uint64_t duration) {
  const bool needs_cut = result.out.size() + result.err.size() > limit;
  const auto number = [](const std::optional<int> &value) {
    return value ? mre::json(*value) : mre::json();
  };
  return {{"guest", id},
          {"host", node.name()},
          {"outcome", result.pid      ? "timed_out"
                      : result.signal ? "signalled"
                                      : "exited"},
          {"exit_code", number(result.exit_code)},
          {"signal", result.signal ? mre::json(*result.signal) : mre::json()},
          {"stdout", shorten(result.out, needs_cut ? limit / 2 : limit)},
          {"stderr", shorten(result.err, needs_cut ? limit / 2 : limit)},
          {"stdout_encoding", "utf-8"},
          {"stderr_encoding", "utf-8"},
          {"stdout_bytes", result.out.size()},
          {"stderr_bytes", result.err.size()},
          {"truncated", needs_cut || result.is_cut},
          {"output_id", nullptr},
          {"duration_ms", duration},
          {"remote_process", "gone"}};
}

std::string shown(const mre::json &result) {
  const std::string outcome = result.at("outcome").get<std::string>();
  std::string text =
      outcome == "exited"
          ? "=== EXIT CODE: " + std::to_string(result.at("exit_code").get<int>()) + " ===\n"
      : outcome == "signalled"
          ? "=== SIGNALLED: " + result.at("signal").get<std::string>() + " ===\n"
          : "=== TIMED OUT ===\n";
  for (const auto &[member, title] :
       {std::pair<const char *, const char *>{"stdout", "STDOUT"}, {"stderr", "STDERR"}}) {
    std::string stream = result.at(member).get<std::string>();
    if (!stream.empty()) {
      text += std::string("=== ") + title + " ===\n" + stream + (stream.back() == '\n' ? "" : "\n");
    }
  }
  return text + "Host: " + result.at("host").get<std::string>() +
         ", guest: " + std::to_string(result.at("guest").get<std::uint32_t>()) +
         ", duration: " + std::to_string(result.at("duration_ms").get<std::uint64_t>()) + " ms";
}

} // namespace

mre::Reply exec_in_machine(mre::Host host, const Node &node, std::uint32_t id,
                           const mre::ExecArguments &exec) {
  if (exec.input.size() > kMostInput) {
    throw mre::Error(MRE_TOO_LARGE, "/stdin: the guest agent takes at most 1 MiB",
                     "put it into a file of the guest first");
  }
  const Stopwatch stopwatch;
  const mre::Limits limits = mre::Config(host).limits();
  const auto timeout = std::chrono::duration_cast<std::chrono::seconds>(
      exec.timeout.count() > 0 ? exec.timeout : limits.timeout);
  const std::string marker = random_name();
  const std::vector<std::string> words = script_words(
      kAgentRunScript, {exec.working_directory, exec.command}, exec.environment, marker);
  AgentResult result;
  try {
    result = parse_agent_result(
        node.run_one(agent_command(id, timeout.count(), !exec.input.empty(), words),
                     {timeout + kAgentMargin, exec.input, false}));
  } catch (const mre::Error &error) {
    if (error.status() == MRE_CANCELLED || error.status() == MRE_TIMED_OUT) {
      const std::string fate = fate_word(sweep_machine(node, id, marker));
      throw mre::Error(error.status(),
                       std::string(error.what()) + "; the process in the guest: " + fate,
                       error.hint());
    }
    throw;
  }
  mre::json structured =
      rendered(node, id, result, limits.character_limit, stopwatch.milliseconds());
  if (result.pid) {
    structured["remote_process"] = fate_word(sweep_machine(node, id, marker, *result.pid));
    node.call().structured(structured);
    throw mre::Error(MRE_TIMED_OUT,
                     "the command in machine " + std::to_string(id) + " lasted longer than " +
                         std::to_string(timeout.count()) +
                         " s; its process: " + structured.at("remote_process").get<std::string>(),
                     "give a larger timeout, or let it run in the background");
  }
  if (result.signal) {
    node.call().structured(structured);
    throw mre::Error(MRE_REMOTE_FAILED,
                     "the command in machine " + std::to_string(id) + " was ended by signal " +
                         *result.signal,
                     "the output up to then is kept");
  }
  if (exec.as_json) {
    return mre::Reply::of_json(std::move(structured));
  }
  std::string text = shown(structured);
  return mre::Reply::of(std::move(text), std::move(structured));
}

} // namespace proxmox
