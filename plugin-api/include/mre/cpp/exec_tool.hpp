// mre/cpp/exec_tool.hpp - tools that run a command as ssh_exec_command does: the same arguments,
// read and checked in one place, and the same result.
//
//   mre::Schema properties = {{"guest", mre::schema::text()}};
//   properties.update(mre::schema::exec_properties(mre::Config(host).limits()));
//   tool.input = mre::schema::input({"guest", "command"}, std::move(properties));
//   tool.output = mre::schema::exec_output({{"guest", mre::schema::text()}});
//   tool.run = [host](const mre::json &arguments, const mre::Call &call) {
//     const mre::ExecArguments exec = mre::exec_arguments(arguments);
//     …                               // the command that leads there
//     mre::Ssh(host).run_into(call, command, {{"guest", name}}, exec.as_json);
//     return mre::Reply::given();
//   };
//
// Threads: pure functions.
#pragma once

#include <mre/cpp/arguments.hpp>
#include <mre/cpp/schema.hpp>
#include <mre/cpp/services.hpp>
#include <mre/cpp/ssh.hpp>
#include <mre/shell_quote.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {
namespace schema {

constexpr std::size_t kCommandLength = 10000; // that of ssh_exec_command

// Members for the input schema; the settings set the bounds of the timeout.
inline Schema exec_properties(const Limits &limits) {
  const auto seconds = [](std::chrono::milliseconds span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
  };
  const Schema timeout =
      with_default(integer(1, seconds(limits.max_timeout)), seconds(limits.timeout));
  return {{"command", {{"type", "string"}, {"minLength", 1}, {"maxLength", kCommandLength}}},
          {"host", text()},
          {"timeout", described(timeout, "seconds")},
          {"working_directory", text()},
          {"environment",
           {{"type", "object"},
            {"propertyNames", {{"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}},
            {"additionalProperties", text()}}},
          {"stdin", text()},
          {"response_format", response_format()}};
}

// The output schema that fits Ssh::run_into; more: members that the tool adds.
inline Schema exec_output(const Schema &more = Schema::object()) {
  const Schema number_or_null = or_null({{"type", "integer"}});
  Schema properties = {
      {"host", text()},
      {"outcome", one_of({"exited", "signalled", "timed_out", "cancelled", "lost"})},
      {"exit_code", number_or_null},
      {"signal", text_or_null()},
      {"stdout", text()},
      {"stderr", text()},
      {"stdout_encoding", one_of({"utf-8", "base64"})},
      {"stderr_encoding", one_of({"utf-8", "base64"})},
      {"stdout_bytes", count()},
      {"stderr_bytes", count()},
      {"truncated", truth()},
      {"output_id", text_or_null()},
      {"duration_ms", count()},
      {"remote_process", one_of({"gone", "still_running", "unknown"})}};
  properties.update(more);
  return output({"host", "outcome", "stdout", "stderr"}, std::move(properties));
}

} // namespace schema

struct ExecArguments {
  std::string host, command, working_directory, input;
  std::vector<std::pair<std::string, std::string>> environment;
  std::chrono::milliseconds timeout{0}; // 0: the default
  bool as_json = false;                 // for Ssh::run_into
};

// Throws Error(MRE_BAD_ARGUMENT) with the pointer for a blank command, and for a NUL in what ends
// up in a command line.
inline ExecArguments exec_arguments(const json &arguments) {
  const auto checked = [](const std::string &words, const std::string &pointer) {
    if (!is_quotable(words)) {
      throw Error(MRE_BAD_ARGUMENT, pointer + ": must not hold a NUL character");
    }
  };
  ExecArguments exec;
  exec.host = text_of(arguments, "host");
  exec.command = text_of(arguments, "command");
  if (exec.command.find_first_not_of(" \t\r\n\v\f") == std::string::npos) {
    throw Error(MRE_BAD_ARGUMENT, "/command: expected a command, got a blank string");
  }
  checked(exec.command, "/command");
  exec.working_directory = text_of(arguments, "working_directory");
  checked(exec.working_directory, "/working_directory");
  exec.input = text_of(arguments, "stdin");
  const json environment = argument_or(arguments, "environment", json::object());
  for (const auto &item : environment.items()) {
    exec.environment.emplace_back(item.key(), item.value().get<std::string>());
    checked(exec.environment.back().second, "/environment/" + item.key());
  }
  exec.timeout = std::chrono::seconds(argument_or(arguments, "timeout", std::int64_t{0}));
  exec.as_json = wants_json(arguments);
  return exec;
}

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
