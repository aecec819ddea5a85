// Level 2: from create to destroy.
#include "tools/mre_check/check.hpp"

#include <malloc.h>

#include <filesystem>

#if defined(__SANITIZE_ADDRESS__)
// As <sanitizer/allocator_interface.h> declares it, which not every compiler installs.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace mre_check {
namespace {

constexpr int kRounds = 100;
constexpr int kWarmUp = 10;
// What an allocator may keep for itself over so many rounds without anything being lost.
constexpr std::size_t kGrowth = std::size_t{64} << 10U;

void starts(Plugin &plugin) {
  const Started started(plugin);
  demand_manners(started.host);
}

void schemas(Plugin &plugin) {
  const Started started(plugin);
  for (const auto &tool : started.plugin->declared().tools) {
    for (const auto &[what, text] :
         {std::pair{"input", &tool.input_schema}, std::pair{"output", &tool.output_schema}}) {
      const bool may_be_empty = text == &tool.output_schema;
      if (text->empty() && may_be_empty) {
        continue;
      }
      const Complaint complaint = schema_complaint(*text);
      demand(!complaint, "the " + std::string(what) + " schema of " + tool.name + ": " +
                             complaint.value_or(""));
    }
  }
  const char *const settings = plugin.descriptor->config_schema;
  if (settings != nullptr && settings[0] != '\0') {
    const Complaint complaint = schema_complaint(settings);
    demand(!complaint, "config_schema: " + complaint.value_or(""));
  }
}

void names(Plugin &plugin) {
  const Started started(plugin);
  for (const auto &tool : started.plugin->declared().tools) {
    demand(tool.description.size() >= 10,
           "the description of " + tool.name + " tells a model nothing");
    const Json schema = Json::parse(tool.input_schema, nullptr, false);
    demand(
        schema.is_object() && schema.value("additionalProperties", Json()) == false,
        "the input schema of " + tool.name +
            " does not say \"additionalProperties\": false: a misspelt argument would be ignored");
  }
}

void again_and_again(Plugin &plugin) {
  Held before;
  for (int i = 0; i < kRounds; ++i) {
    if (i == kWarmUp) {
      before = Held();
    }
    const Started started(plugin);
  }
  const Held after;
  demand(after.threads <= before.threads,
         std::to_string(after.threads - before.threads) + " threads are left after destroy()");
  demand(after.descriptors <= before.descriptors,
         std::to_string(after.descriptors - before.descriptors) + " descriptors are left after " +
             std::to_string(kRounds - kWarmUp) + " times create and destroy");
  demand(after.bytes <= before.bytes + kGrowth,
         std::to_string(after.bytes - before.bytes) + " bytes are left after " +
             std::to_string(kRounds - kWarmUp) + " times create and destroy");
}

void two_hosts(Plugin &plugin) {
  const Started first(plugin);
  {
    const Started second(plugin);
    demand(first.plugin->declared().tools.size() == second.plugin->declared().tools.size(),
           "two instances declare different tools");
  }
  // What the second one's end took away from the first shows here.
  for (const auto &tool : first.plugin->declared().tools) {
    if (const auto arguments = made_up_value(tool.input_schema, 0)) {
      first.plugin->start(tool.name, *arguments);
    }
  }
  demand_manners(first.host);
}

void stops_twice(Plugin &plugin) {
  const Started started(plugin);
  started.plugin->stop();
  started.plugin->stop();
}

void unknown_settings(Plugin &plugin) {
  Plugin with_more = plugin;
  with_more.settings["a_setting_of_a_newer_version"] = true;
  const Started started(with_more);
}

// A host without a service: create() says so, or the plugin does without.
void absent_services(Plugin &plugin) {
  std::vector<std::string> services = {"mre.log/1",         "mre.call/1",       "mre.ssh/1",
                                       "mre.config/1",      "mre.kv/1",         "mre.hosts/1",
                                       "mre.sftp/1",        "mre.local/1",      "mre.timer/1",
                                       "mre.job/1",         "mre.tools/1",      "mre.cli/1",
                                       "mre.resource/1",    "mre.prompt/1",     "mre.completion/1",
                                       "mre.plugins/1",     "mre.local_tree/1", "mre.peer/1",
                                       "mre.guest-files/1", "mre.mcp/1",        "mre.task/1"};
  const auto try_without = [&](const std::vector<std::string> &absent) {
    testing::FakeHost host;
    for (const auto &id : absent) {
      host.without(id);
    }
    try {
      const testing::FakePlugin started(host, plugin.descriptor);
    } catch (const mre::Error &error) {
      demand(error.what()[0] != '\0', "it refuses to start without " + absent.front() +
                                          (absent.size() > 1 ? " and the others" : "") +
                                          " and does not say why");
    }
  };
  for (const auto &id : services) {
    try_without({id});
  }
  try_without(services);
}

std::size_t entries_of(const char *folder) {
  std::size_t count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

std::size_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes(); // its allocator is not malloc's
#else
  return ::mallinfo2().uordblks;
#endif
}

} // namespace

Held::Held()
    : threads(entries_of("/proc/self/task")), descriptors(entries_of("/proc/self/fd")),
      bytes(allocated_bytes()) {}

std::vector<Check> life_checks() {
  return {
      {"starts", 2, "starts and declares without breaking a rule", starts},
      {"schemas", 2, "declares schemas that compile", schemas},
      {"names", 2, "describes its tools and closes their arguments", names},
      {"again-and-again", 2, "leaves no thread, descriptor or memory behind", again_and_again},
      {"two-hosts", 2, "serves two hosts in one process", two_hosts},
      {"stops-twice", 2, "can be stopped twice", stops_twice},
      {"unknown-settings", 2, "starts with settings it does not know", unknown_settings},
      {"absent-services", 2, "does without a service, or says that it cannot", absent_services}};
}

} // namespace mre_check
