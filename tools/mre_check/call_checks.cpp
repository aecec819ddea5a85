// Levels 3 to 5: what the tools do with answers, failures, cancels and chance.
#include "core/plugin_host/crash_note.hpp"
#include "tools/mre_check/check.hpp"

#include <cstring>
#include <deque>
#include <thread>

namespace mre_check {
namespace {

using testing::FakeCall;
using testing::FakePlugin;
using testing::Result;

constexpr int kQuestionRounds = 16; // as many as the server allows (limits::kInputRounds)
constexpr int kMostThreads = 8;
constexpr int kCallsPerThread = 20;
constexpr int kFuzzRounds = 200;
constexpr std::chrono::milliseconds kAnswerPatience{3000};
// Of the fake host's time: whoever answers from a timer does so within that.
constexpr std::chrono::hours kTimerPatience{1};

std::string in_tool(const std::string &tool, const std::string &what) {
  return "tool " + tool + ": " + what;
}

// Runs body(tool, arguments) for every tool whose arguments can be made up.
template <class F>
void each_tool(const FakePlugin &plugin, std::uint64_t seed, F &&body) {
  std::size_t called = 0;
  for (const auto &tool : plugin.declared().tools) {
    if (const auto arguments = made_up_value(tool.input_schema, seed)) {
      body(tool, *arguments);
      ++called;
    }
  }
  if (called == 0) {
    throw Skipped("it has no tool whose arguments can be made up; use --script");
  }
}

// Runs what was put off until the call has ended: jobs first, then what timers do.
void let_end(Started &started, const FakeCall &call) {
  started.host.run_jobs();
  if (!call.has_ended()) {
    started.host.advance(kTimerPatience);
  }
}

// Answers everything it asks, as a willing person does, until it ends.
Result call_and_answer(Started &started, const testing::DeclaredTool &tool, const Json &arguments) {
  std::map<std::string, json> answers;
  for (int round = 0; round < kQuestionRounds; ++round) {
    Result result = call_to_end(started, tool.name, arguments, answers);
    demand(result.status != MRE_DEFERRED,
           in_tool(tool.name, "it deferred the call and never finished it"));
    if (result.status != MRE_NEEDS_INPUT) {
      return result;
    }
    for (const auto &question : result.questions) {
      const std::string schema = question.request.value("requestedSchema", json::object()).dump();
      answers[question.key] = FakePlugin::accept(made_up_value(schema, 1).value_or(Json::object()));
    }
  }
  throw Failed(
      in_tool(tool.name, "it asks for ever: " + std::to_string(kQuestionRounds) + " rounds"));
}

void demand_result(const testing::DeclaredTool &tool, const Result &result) {
  if (result.ok() && !tool.output_schema.empty()) {
    demand(!result.structured.is_null(),
           in_tool(tool.name, "it declares an output schema and gave no structured result"));
    const Complaint complaint = misfit(tool.output_schema, result.structured);
    demand(!complaint, in_tool(tool.name, "its result does not fit its output schema: " +
                                              complaint.value_or("")));
  }
  if (result.status > 0) {
    demand(!result.message.empty(), in_tool(tool.name, "it failed without a message"));
  }
}

void answers_once(Plugin &plugin) {
  Started started(plugin);
  each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
    demand_result(tool, call_and_answer(started, tool, arguments));
    demand_manners(started.host);
  });
}

void failing_services(Plugin &plugin) {
  constexpr mre_status kUnknown = 999; // of a newer host
  for (const mre_status status : std::initializer_list<mre_status>{
           MRE_INTERNAL, MRE_UNREACHABLE, MRE_DENIED, MRE_CANCELLED, kUnknown}) {
    Started started(plugin);
    started.host.fail_everything(status);
    each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
      demand_result(tool, call_and_answer(started, tool, arguments));
      demand_manners(started.host);
    });
    started.host.fail_everything(MRE_OK);
  }
}

void cancelled_at_once(Plugin &plugin) {
  Started started(plugin);
  each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
    FakeCall &call = started.plugin->start_raw(tool.name, dump(arguments), {}, true);
    let_end(started, call);
    demand(call.wait(kAnswerPatience).status != MRE_DEFERRED,
           in_tool(tool.name, "it holds on to a call that was cancelled"));
    demand_manners(started.host);
  });
}

// The buffers a call was given are the host's again when it returns: here they are spoilt.
void keeps_nothing(Plugin &plugin) {
  Started started(plugin);
  std::deque<std::string> lent; // what a plugin kept stays readable, and spoilt
  each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
    for (int i = 0; i < 2; ++i) {
      std::string &text = lent.emplace_back(dump(arguments) + std::string(64, ' '));
      FakeCall &call = started.plugin->start_raw(tool.name, text);
      std::memset(text.data(), 0x5A, text.size());
      let_end(started, call);
      demand_result(tool, call.wait(kAnswerPatience));
    }
  });
  demand_manners(started.host);
}

void side_by_side(Plugin &plugin) {
  Started started(plugin);
  const int threads =
      static_cast<int>(std::clamp<std::uint32_t>(plugin.descriptor->max_calls, 1, kMostThreads));
  each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
    const std::string text = dump(arguments);
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&] {
        const mre::plugin_host::Running running("it", "side-by-side"); // this thread is ours
        for (int k = 0; k < kCallsPerThread; ++k) {
          started.plugin->start_raw(tool.name, text);
        }
      });
    }
    for (auto &worker : workers) {
      worker.join();
    }
    started.host.run_jobs();
  });
  demand_manners(started.host);
}

// What the host would never let through, and another host might: it says no, and lives on.
void odd_arguments(Plugin &plugin) {
  Started started(plugin);
  for (const std::string &text :
       {std::string(), std::string("null"), std::string("[]"), std::string("{\"\xff\":\"\xfe\"}"),
        std::string("{\0}", 3), std::string(100, '{')}) {
    each_tool(*started.plugin, 0, [&](const auto &tool, const Json & /*arguments*/) {
      let_end(started, started.plugin->start_raw(tool.name, text));
      demand_manners(started.host);
    });
  }
}

// A thread or a descriptor that a call made is gone with the plugin.
void ends_clean(Plugin &plugin) {
  const Held before;
  {
    Started started(plugin);
    each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
      call_and_answer(started, tool, arguments);
    });
  }
  const Held after;
  demand(after.threads <= before.threads,
         std::to_string(after.threads - before.threads) +
             " threads that calls started are left after destroy()");
  demand(after.descriptors <= before.descriptors,
         std::to_string(after.descriptors - before.descriptors) +
             " descriptors that calls opened are left after destroy()");
}

// The same answers again give the same questions: a tool that ran once must run again from the top.
void asks_alike(Plugin &plugin) {
  Started started(plugin);
  each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
    const Result first = call_to_end(started, tool.name, arguments);
    const Result second = call_to_end(started, tool.name, arguments);
    if (first.status != MRE_NEEDS_INPUT) {
      return;
    }
    demand(second.status == MRE_NEEDS_INPUT && first.questions.size() == second.questions.size() &&
               first.questions.at(0).key == second.questions.at(0).key,
           in_tool(tool.name, "it asks something else when it runs again"));
    std::map<std::string, json> declined;
    for (const auto &question : first.questions) {
      declined[question.key] = FakePlugin::decline();
    }
    demand_result(tool, call_to_end(started, tool.name, arguments, declined));
  });
  demand_manners(started.host);
}

void odd_output(Plugin &plugin) {
  for (const std::string &output : {std::string("\xff\xfe\x00\x80 bytes", 10),
                                    std::string(1 << 20, 'x'), std::string("\n\n\n")}) {
    Started started(plugin);
    started.host.state().scripts.clear();
    started.host.otherwise().prints(output).complains(output).exits(3);
    each_tool(*started.plugin, 0, [&](const auto &tool, const Json &arguments) {
      demand_result(tool, call_and_answer(started, tool, arguments));
      demand_manners(started.host);
    });
  }
}

void fuzz(Plugin &plugin) {
  for (std::uint64_t i = 0; i < kFuzzRounds; ++i) {
    Started started(plugin);
    each_tool(*started.plugin, plugin.seed + i, [&](const auto &tool, const Json &arguments) {
      try {
        demand_result(tool, call_and_answer(started, tool, arguments));
        demand_manners(started.host);
      } catch (const Failed &failed) {
        throw Failed(std::string(failed.what()) + " (seed " + std::to_string(plugin.seed + i) +
                     ", arguments " + dump(arguments).substr(0, 300) + ")");
      }
    });
  }
}

} // namespace

Result call_to_end(Started &started, const std::string &tool, const Json &arguments,
                   std::map<std::string, json> answers) {
  FakeCall &call = started.plugin->start(tool, arguments, std::move(answers));
  let_end(started, call);
  return call.wait(kAnswerPatience);
}

std::vector<Check> call_checks() {
  return {{"answers-once", 3, "answers every call exactly once, as its schemas say", answers_once},
          {"failing-services", 3, "survives services that fail, and says so", failing_services},
          {"cancelled", 3, "lets go of a call that is cancelled", cancelled_at_once},
          {"ends-clean", 3, "leaves no thread or descriptor of its calls behind", ends_clean},
          {"keeps-nothing", 4, "keeps no borrowed memory", keeps_nothing},
          {"side-by-side", 4, "takes max_calls calls at once", side_by_side},
          {"asks-alike", 4, "asks the same when it runs again, and takes a no", asks_alike},
          {"odd-arguments", 4, "survives arguments that are empty or no UTF-8", odd_arguments},
          {"odd-output", 5, "takes output of any kind: bytes, much of it, nothing", odd_output},
          {"fuzz", 5, "takes arguments that were made up", fuzz}};
}

} // namespace mre_check
