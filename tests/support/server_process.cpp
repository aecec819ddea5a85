// Newline-delimited JSON-RPC over the pipes of a child process.
#include "tests/support/server_process.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace mre::testing {

namespace {

using Clock = std::chrono::steady_clock;

Patience left_until(Clock::time_point end) {
  // Rounded up: the last part of a millisecond would be waited for by asking again and again.
  return std::max(Patience(0), std::chrono::ceil<Patience>(end - Clock::now()));
}

ProcessOptions process_options(const ServerOptions &options, const std::string &home) {
  ProcessOptions process;
  process.command = {server_binary()};
  process.command.insert(process.command.end(), options.arguments.begin(), options.arguments.end());
  process.environment = clean_environment(home);
  for (const auto &[name, value] : options.environment) {
    (*process.environment)[name] = value;
  }
  process.working_directory = options.working_directory.empty() ? home : options.working_directory;
  return process;
}

ProcessOptions with_pipes(ProcessOptions options, const std::string &error_file) {
  options.input = Connect::pipe;
  options.output = Connect::pipe;
  options.error_file = error_file;
  return options;
}

} // namespace

std::string server_binary() {
  const char *named = std::getenv("MRE_TEST_BINARY");
  return named != nullptr && *named != '\0' ? named : MRE_BUILT_BINARY;
}

ServerProcess::ServerProcess(const ServerOptions &options)
    : process_(with_pipes(process_options(options, home_.path()), home_ / ".stderr")) {}

void ServerProcess::send_line(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  std::string_view rest = bytes;
  const auto end = Clock::now() + kPatience;
  while (!rest.empty()) {
    const ssize_t sent = ::write(process_.input().get(), rest.data(), rest.size());
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      throw std::runtime_error("the server no longer reads; its stderr: " + error_output());
    }
    // It may be waiting for us to read: take what it says while it does not take ours.
    std::array<pollfd, 2> polled{
        {{process_.input().get(), POLLOUT, 0}, {process_.output().get(), POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), 100);
    if ((polled[1].revents & POLLIN) != 0) {
      read_more(Patience(0));
    }
    if (Clock::now() >= end) {
      throw std::runtime_error("the server did not take a line in time");
    }
  }
}

void ServerProcess::send(const Json &message) {
  send_line(dump_json(message));
}

bool ServerProcess::read_more(Patience patience) {
  pollfd polled{process_.output().get(), POLLIN, 0};
  if (ended_ || ::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) {
    return false;
  }
  std::array<char, 65536> bytes; // NOLINT: filled by read
  const ssize_t got = ::read(process_.output().get(), bytes.data(), bytes.size());
  if (got <= 0) {
    ended_ = got == 0;
    return !ended_ && (errno == EAGAIN || errno == EINTR);
  }
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = buffer_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    sort(buffer_.substr(begin, end - begin));
  }
  buffer_.erase(0, begin);
  return true;
}

void ServerProcess::sort(const std::string &line) {
  auto parsed = parse_json(line, {.max_depth = 256});
  if (!parsed) {
    throw std::runtime_error("not JSON on stdout: " + line);
  }
  Json message = *std::move(parsed);
  const bool answers = message.contains("result") || message.contains("error");
  if (!answers || !message.contains("id") || !message["id"].is_number_integer()) {
    others_.push_back(std::move(message));
    return;
  }
  const int id = message["id"].get<int>();
  if (!responses_.emplace(id, std::move(message)).second) {
    throw std::runtime_error("a second answer: " + line);
  }
  arrived_.push_back(id);
}

std::optional<Json> ServerProcess::receive(Patience patience) {
  const auto end = Clock::now() + patience;
  while (others_.empty()) {
    if (ended_ || Clock::now() >= end) {
      return std::nullopt;
    }
    read_more(left_until(end));
  }
  Json first = std::move(others_.front());
  others_.pop_front();
  return first;
}

int ServerProcess::start_request(const std::string &method, Json params) {
  const int id = next_id_++;
  send({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}});
  return id;
}

void ServerProcess::notify(const std::string &method, Json params) {
  send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}

bool ServerProcess::has_response(int id, Patience patience) {
  const auto end = Clock::now() + patience;
  while (responses_.count(id) == 0 && !ended_ && Clock::now() < end) {
    read_more(left_until(end));
  }
  return responses_.count(id) != 0;
}

std::optional<int> ServerProcess::next_answered(Patience patience) {
  const auto end = Clock::now() + patience;
  while (arrived_.empty()) {
    if (ended_ || Clock::now() >= end) {
      return std::nullopt;
    }
    read_more(left_until(end));
  }
  const int id = arrived_.front();
  arrived_.pop_front();
  return id;
}

Json ServerProcess::response(int id, Patience patience) {
  if (!has_response(id, patience)) {
    throw std::runtime_error("no answer to request " + std::to_string(id) +
                             "; stderr: " + error_output());
  }
  return responses_.at(id);
}

Json ServerProcess::request(const std::string &method, Json params, Patience patience) {
  return response(start_request(method, std::move(params)), patience);
}

Json ServerProcess::initialize(const std::string &version, Json capabilities) {
  const Json answer =
      request("initialize", {{"protocolVersion", version},
                             {"capabilities", std::move(capabilities)},
                             {"clientInfo", {{"name", "integration-test"}, {"version", "1"}}}});
  if (!answer.contains("result")) {
    throw std::runtime_error("initialize failed: " + dump_json(answer));
  }
  notify("notifications/initialized");
  return answer["result"];
}

Json ServerProcess::modern_meta(Json capabilities) {
  return {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
          {"io.modelcontextprotocol/clientCapabilities", std::move(capabilities)},
          {"io.modelcontextprotocol/clientInfo", {{"name", "integration-test"}, {"version", "1"}}}};
}

int ServerProcess::start_tool(const std::string &name, Json arguments, Json progress_token) {
  Json params{{"name", name}, {"arguments", std::move(arguments)}};
  if (!progress_token.is_null()) {
    params["_meta"] = {{"progressToken", std::move(progress_token)}};
  }
  return start_request("tools/call", std::move(params));
}

Json ServerProcess::call_tool(const std::string &name, Json arguments, Patience patience) {
  const Json answer = response(start_tool(name, std::move(arguments)), patience);
  if (!answer.contains("result")) {
    throw std::runtime_error("tools/call " + name + " failed: " + dump_json(answer));
  }
  return answer["result"];
}

std::vector<std::string> ServerProcess::tool_names() {
  std::vector<std::string> names;
  const Json answer = request("tools/list");
  for (const auto &tool : answer.at("result").at("tools")) {
    names.push_back(tool.at("name").get<std::string>());
  }
  return names;
}

std::deque<Json> ServerProcess::take_notifications() {
  while (read_more(Patience(0))) {
  }
  return std::exchange(others_, {});
}

std::string ServerProcess::error_output() const {
  return read_whole_file(home_ / ".stderr");
}

std::optional<ProcessEnd> ServerProcess::wait(Patience patience) {
  // Its last words must not block on a full pipe.
  const auto end = Clock::now() + patience;
  while (!ended_ && Clock::now() < end) {
    read_more(left_until(end));
  }
  return process_.wait(left_until(end));
}

ProgramResult run_server(const ServerOptions &options, std::string_view input, Patience patience) {
  const TemporaryFolder home;
  return run_program(process_options(options, home.path()), input, patience);
}

std::string text_of(const Json &result) {
  for (const auto &block : result.value("content", Json::array())) {
    if (block.value("type", "") == "text") {
      return block.value("text", "");
    }
  }
  return {};
}

Json structured(const Json &result) {
  return result.value("structuredContent", Json::object());
}

std::string error_code(const Json &result) {
  const Json content = structured(result);
  const Json *error = find_member(content, "error");
  const std::string *code = error == nullptr ? nullptr : find_string(*error, "code");
  return code == nullptr ? std::string() : *code;
}

} // namespace mre::testing
