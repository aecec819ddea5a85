// mcp-remote-exec: from the command line to the part that does the work.
//
// Reads like a diagram: arguments -> settings -> house -> serve, or one command in the same house.
// Whatever escapes as an exception is a defect of ours: one line, exit code 70, never a trace.
#include "core/app/house.hpp"
#include "core/app/serve.hpp"
#include "core/app/signals.hpp"
#include "core/app/surroundings.hpp"
#include "core/cli/arguments.hpp"
#include "core/cli/call_command.hpp"
#include "core/cli/client_config.hpp"
#include "core/cli/doctor_command.hpp"
#include "core/cli/exit_codes.hpp"
#include "core/cli/fd_stream.hpp"
#include "core/cli/new_plugin.hpp"
#include "core/cli/plugin_command.hpp"
#include "core/cli/plugins_command.hpp"
#include "core/cli/tools_command.hpp"
#include "core/plugin_host/claim_stdout.hpp"
#include "core/plugin_host/crash_note.hpp"

#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <system_error>

namespace {

using mre::app::House;
using mre::cli::Arguments;
using mre::cli::Command;

int run_call(House &house, const Arguments &arguments, int standard_input,
             const mre::cli::Output &output) {
  mre::cli::SystemTerminal terminal(standard_input);
  mre::cli::CallCommand command(house.runner(), terminal, output);
  const mre::app::Signals signals([&](int number) {
    if (number != SIGHUP) {
      command.interrupt();
    }
  });
  if (arguments.command == Command::plugin_command) {
    return mre::cli::run_plugin_command(*house.registry().current(), arguments.words, command,
                                        output);
  }
  return command.run({.tool = arguments.subject,
                      .input = arguments.input,
                      .json = arguments.json,
                      .standard_input = standard_input});
}

// Nothing that was asked for is lost without a word. A reader of a pipe who has had enough knows.
int finished(const mre::cli::FdStream &out, int code) {
  if (out.failure() == 0 || out.failure() == EPIPE) {
    return code;
  }
  std::cerr << "mcp-remote-exec: cannot write the output: "
            << std::generic_category().message(out.failure()) << '\n';
  return code == mre::cli::kOk ? mre::cli::kFailed : code;
}

int show_or_call(House &house, const Arguments &arguments,
                 const mre::app::ServeDescriptors &descriptors, mre::cli::FdStream &out) {
  const mre::cli::Output output{.out = out,
                                .err = std::cerr,
                                .out_is_terminal = ::isatty(descriptors.output.get()) == 1,
                                .err_is_terminal = ::isatty(STDERR_FILENO) == 1};
  switch (arguments.command) {
  case Command::tools:
    return mre::cli::run_tools(*house.registry().current(),
                               {.statuses = house.plugins().statuses(),
                                .are_optional = house.settings()->plugins_optional},
                               output);
  case Command::tools_explain:
    return mre::cli::run_tools_explain(*house.registry().current(), arguments.subject, output);
  case Command::plugins:
    return mre::cli::run_plugins(house.plugins().statuses(), output);
  case Command::doctor:
    return mre::cli::run_doctor({.checkup = {house.engine(), house.clock(), house.log()},
                                 .settings = house.settings(),
                                 .hosts = house.hosts(),
                                 .plugins = house.plugins().statuses(),
                                 .redactor = house.redactor()},
                                {.host = arguments.subject, .all = arguments.all}, output);
  default: // call, and the commands of plugins
    return run_call(house, arguments, descriptors.input.get(), output);
  }
}

int run_in_house(House &house, const Arguments &arguments,
                 const mre::app::ServeDescriptors &descriptors) {
  if (arguments.command == Command::serve) {
    return mre::app::serve(house, descriptors,
                           arguments.no_stdio ? mre::app::ServeOn::transports
                                              : mre::app::ServeOn::stdio_and_transports);
  }
  mre::cli::FdStream out(descriptors.output.get());
  return finished(out, show_or_call(house, arguments, descriptors, out));
}

int run_configured(const Arguments &arguments) {
  if (arguments.command == Command::serve || arguments.command == Command::call ||
      arguments.command == Command::plugin_command) {
    mre::app::block_signals(); // before there is a second thread
  }
  mre::app::raise_file_limit();
  mre::plugin_host::install_crash_note();
  auto input = mre::plugin_host::claim_stdin();
  auto output = mre::plugin_host::claim_stdout();
  if (!input || !output) {
    std::cerr << "mcp-remote-exec: " << (input ? output.error() : input.error()).message << '\n';
    return mre::cli::kFailed;
  }
  const mre::app::ServeDescriptors descriptors{.input = *std::move(input),
                                               .output = *std::move(output)};
  const bool only_shows =
      arguments.command == Command::plugins || arguments.command == Command::doctor ||
      arguments.command == Command::tools || arguments.command == Command::tools_explain;
  auto built = House::build(mre::app::surroundings(arguments.env_file),
                            only_shows ? House::RefusedPlugins::show
                                       : House::RefusedPlugins::stop_the_start);
  if (const auto *complaints = std::get_if<House::Complaints>(&built)) {
    if (arguments.command == Command::plugin_command) {
      std::cerr << "mcp-remote-exec: '" << mre::cli::visible_text(arguments.words[0])
                << "' is no command of its own (--help shows those), and plugins, which may have "
                   "one, need the configuration\n";
    }
    std::cerr << "mcp-remote-exec cannot start:\n";
    for (const auto &complaint : *complaints) {
      std::cerr << "  - " << complaint << '\n';
    }
    return mre::cli::kUsage;
  }
  return run_in_house(*std::get<std::unique_ptr<House>>(built), arguments, descriptors);
}

int run_unconfigured(const Arguments &arguments, std::ostream &out) {
  const mre::cli::Output output{.out = out, .err = std::cerr};
  const auto around = mre::app::surroundings(arguments.env_file);
  switch (arguments.command) {
  case Command::version:
    out << mre::cli::version_text();
    return mre::cli::kOk;
  case Command::plugins_info:
    return mre::cli::run_plugins_info(arguments.subject, output);
  case Command::plugins_new:
    return mre::cli::run_new_plugin({.name = arguments.subject,
                                     .language = arguments.language,
                                     .folder = around.working_directory},
                                    output);
  case Command::client_config:
    return mre::cli::run_client_config(
        {.client = arguments.subject,
         .executable = around.executable_directory + "/mcp-remote-exec",
         .working_directory = around.working_directory,
         .environment = around.environment,
         .env_file = arguments.env_file},
        output);
  default:
    out << mre::cli::help_text();
    return mre::cli::kOk;
  }
}

int run(int argc, char **argv) {
  const auto arguments = mre::cli::parse_arguments({argv + 1, argv + argc});
  if (!arguments) {
    mre::cli::print_error({.out = std::cout, .err = std::cerr}, arguments.error());
    return mre::cli::kUsage;
  }
  if (mre::cli::needs_configuration(arguments->command)) {
    return run_configured(*arguments);
  }
  mre::cli::FdStream out(STDOUT_FILENO);
  return finished(out, run_unconfigured(*arguments, out));
}

// glibc lets the size from which a buffer gets pages of its own grow to that of the largest one
// freed, and buffers of transfers then stay in the heap: 4 of 11 MiB while a file is relayed, and
// no slower without (measured). Naming the size that it begins with keeps it there.
void keep_heap_small() {
#ifdef __GLIBC__
  constexpr int bytes_with_own_pages = 128 * 1024;
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, bytes_with_own_pages));
#endif
}

} // namespace

int main(int argc, char **argv) {
  int code = mre::cli::kDefect;
  keep_heap_small();
  try {
    code = run(argc, argv);
  } catch (const std::exception &exception) {
    std::cerr << "level=error event=defect what=\"" << exception.what() << "\"\n";
  }
  // Plugins stay mapped with threads and statics of their own: nothing of theirs is raced on the
  // way out.
  std::_Exit(code);
}
