#include "core/cli/call_command.hpp"

#include "core/base/utf8.hpp"
#include "core/cli/exit_codes.hpp"
#include "core/cli/questions.hpp"
#include "core/guard/limits.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace mre::cli {
namespace {

constexpr int kInternalError = -32603; // JSON-RPC 2.0 section 5.1

Result<std::string> read_all(int fd) {
  std::string text;
  std::array<char, 65536> chunk{};
  while (true) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return error_from_errno(errno, "cannot read standard input");
    }
    if (got == 0) {
      return text;
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > limits::kLineBytes) {
      return Error{Errc::too_large,
                   "the arguments on standard input are larger than " +
                       std::to_string(limits::kLineBytes) + " bytes",
                   {}};
    }
  }
}

Result<Json> read_arguments(const CallArguments &arguments) {
  std::string text = arguments.input.value_or("{}");
  if (text == "-") {
    MRE_TRY(text, read_all(arguments.standard_input));
  }
  Result<Json> parsed = parse_json(text, {limits::kJsonDepth});
  if (!parsed) {
    return parsed.error().within("the arguments");
  }
  if (!parsed->is_object()) {
    return Error{Errc::bad_argument, "the arguments are no JSON object",
                 "write them as '{\"name\": value, …}'"};
  }
  return parsed;
}

std::string with_newline(std::string text) {
  if (!text.empty() && text.back() != '\n') {
    text += '\n';
  }
  return text;
}

// Content blocks that are no text, in a line of words.
std::string rendered(const Json &block) {
  if (const std::string *text = find_string(block, "text")) {
    return *text;
  }
  const std::string *type = find_string(block, "type");
  const std::string *mime_type = find_string(block, "mimeType");
  const std::string *uri = find_string(block, "uri");
  std::string line = "[" + (type == nullptr ? std::string("content") : *type);
  line += mime_type == nullptr ? "" : " " + *mime_type;
  line += uri == nullptr ? "" : " " + *uri;
  return line + "; --json shows the structured result]";
}

} // namespace

int CallCommand::run(const CallArguments &arguments) {
  Result<Json> parsed = read_arguments(arguments);
  if (!parsed) {
    print_error(output_, parsed.error());
    return kUsage;
  }
  mcp::CallRequest request;
  request.tool = arguments.tool;
  request.arguments = *std::move(parsed);
  const mcp::CallOutcome outcome = conduct(std::move(request));
  if (const auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
    return refused(*error, "`mcp-remote-exec tools` lists the tools");
  }
  if (const auto *result = std::get_if<tools::ToolResult>(&outcome)) {
    return print(*result, arguments.json);
  }
  return asked_too_often(arguments.tool);
}

int CallCommand::run_command(const std::string &name, const std::vector<std::string> &words) {
  mcp::CallRequest request;
  request.kind = mcp::CallKind::command;
  request.tool = name;
  request.arguments = {{"words", words}};
  const mcp::CallOutcome outcome = conduct(std::move(request));
  if (const auto *error = std::get_if<tools::ProtocolError>(&outcome)) {
    return refused(*error, {});
  }
  const auto *result = std::get_if<tools::ToolResult>(&outcome);
  if (result == nullptr) {
    return asked_too_often(name);
  }
  for (const Json &block : result->content) {
    const std::string text = with_newline(rendered(block));
    output_.out << (output_.out_is_terminal ? visible_text(text) : text);
  }
  output_.out.flush();
  if (!result->error) {
    return kOk;
  }
  print_error(output_, *result->error);
  return result->error->code == Errc::bad_argument ? kUsage : kFailed;
}

int CallCommand::refused(const tools::ProtocolError &error, const std::string &hint) const {
  const bool is_defect = error.code == kInternalError;
  print_error(output_, Error{Errc::bad_argument, error.message, is_defect ? std::string() : hint});
  return is_defect ? kDefect : kUsage;
}

int CallCommand::asked_too_often(const std::string &name) const {
  print_error(output_,
              Error{Errc::limit,
                    name + " asked more than " + std::to_string(limits::kInputRounds) + " times",
                    {}});
  return kFailed;
}

// With questions and progress on the terminal.
mcp::CallOutcome CallCommand::conduct(mcp::CallRequest request) {
  request.principal = "cli";
  request.can_ask = [this](std::string_view method) {
    return method == "elicitation/create" && terminal_.is_present();
  };
  if (output_.err_is_terminal) {
    request.wants_progress = true;
    request.on_progress = [this](double, std::optional<double>, std::string_view message) {
      show_progress(message);
    };
  }
  mcp::CallOutcome outcome = run_with_questions(std::move(request));
  if (output_.err_is_terminal) {
    output_.err << "\r\x1b[K"; // the progress line makes room for the result
  }
  return outcome;
}

void CallCommand::interrupt() {
  const auto running = state_->with([](State &state) {
    state.is_interrupted = true;
    return state.running;
  });
  terminal_.interrupt();
  if (running) {
    running->cancel();
  }
}

mcp::CallOutcome CallCommand::run_once(mcp::CallRequest request) {
  state_->with([](State &state) { state.outcome.reset(); });
  const auto running =
      runner_.start(std::move(request), [state = state_](mcp::CallOutcome outcome) {
        state->with([&](State &value) { value.outcome = std::move(outcome); });
        state->notify_all();
      });
  const bool is_late = state_->with([&](State &state) {
    state.running = running;
    return state.is_interrupted;
  });
  if (is_late && running) {
    running->cancel(); // interrupt() came before there was anything to cancel
  }
  return state_->wait([](const State &state) { return state.outcome.has_value(); },
                      [](State &state) {
                        state.running.reset();
                        return *std::exchange(state.outcome, std::nullopt);
                      });
}

mcp::CallOutcome CallCommand::run_with_questions(mcp::CallRequest request) {
  mcp::CallOutcome outcome = run_once(request);
  for (int round = 0; round < limits::kInputRounds; ++round) {
    const auto *questions = std::get_if<std::vector<tools::InputRequest>>(&outcome);
    if (questions == nullptr) {
      break;
    }
    for (const tools::InputRequest &question : *questions) {
      request.answers[question.key] = ask(terminal_, question);
    }
    outcome = run_once(request);
  }
  return outcome;
}

int CallCommand::print(const tools::ToolResult &result, bool json) const {
  const Json rendered_result = mcp::render_result(result);
  const Json *structured = find_member(rendered_result, "structuredContent");
  std::string text;
  if (json) {
    text = dump_json(structured == nullptr ? rendered_result : *structured) + "\n";
  } else {
    for (const Json &block : rendered_result["content"]) {
      text += with_newline(rendered(block));
    }
  }
  output_.out << (output_.out_is_terminal ? visible_text(text) : text);
  output_.out.flush();
  return result.error ? kFailed : kOk;
}

// One line that is written over; cut so that it stays one on any terminal of usual width.
void CallCommand::show_progress(std::string_view message) {
  constexpr std::size_t kWidth = 78;
  const std::string line = visible_text(message.substr(0, message.find('\n')));
  output_.err << "\r\x1b[K" + line.substr(0, utf8::prefix_bytes(line, kWidth));
  output_.err.flush();
}

} // namespace mre::cli
