// A check of a plugin, and what the checks share.
//
// Promise: each check runs in a process of its own, so that a plugin which crashes, hangs or exits
// fails that check and no other. Threads: a check runs on its process's main thread.
#pragma once

#include "tools/mre_check/core_view.hpp"

#include <mre/plugin.h>
#include <mre/testing/fake_host.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace mre_check {

namespace testing = mre::testing;
using mre::dump;
using mre::json;

struct Plugin {
  std::string path;
  const mre_plugin *descriptor = nullptr; // null until it is loaded
  Json settings = Json::object();         // what create() gets
  std::uint64_t seed = 1;                 // of what is made up
};

// Why a check fails; `why` is a sentence.
class Failed : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};
// What the author ought to know, although the plugin works.
class Warning : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};
// Why a check says nothing about this plugin.
class Skipped : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};
inline void demand(bool holds, const std::string &why) {
  if (!holds) {
    throw Failed(why);
  }
}

struct Check {
  const char *name;
  int level;
  const char *promise; // what a plugin that passes does
  std::function<void(Plugin &)> run;
  bool needs_load = true; // the plugin is loaded before it runs
};

std::vector<Check> file_checks(); // level 1: the file
std::vector<Check> life_checks(); // level 2: from create to destroy
std::vector<Check> call_checks(); // levels 3 to 5: its tools

// Loads it as the server does; Failed with the reason.
void load(Plugin &plugin);
// Settings that fit the plugin's config_schema.
Json made_up_settings(const Plugin &plugin);
// An instance on a fake host; Failed when it does not start.
struct __attribute__((visibility("hidden"))) Started {
  explicit Started(const Plugin &from);
  testing::FakeHost host;
  std::unique_ptr<testing::FakePlugin> plugin;
};
// What this process holds now.
struct Held {
  Held();
  std::size_t threads, descriptors, bytes;
};
// Fails when the host saw something against the rules.
void demand_manners(const testing::FakeHost &host);

// A value that fits a schema: the smallest one for seed 0, another one for each other seed. Null
// JSON value inside an empty optional when none was found.
std::optional<Json> made_up_value(const std::string &schema, std::uint64_t seed);

// Calls a tool and lets time pass until it has ended: jobs run, timers come due.
testing::Result call_to_end(Started &started, const std::string &tool, const Json &arguments,
                            std::map<std::string, json> answers = {});

// A script of calls from a file; returns how many were made. Failed with the first that is wrong.
std::size_t run_script(const Plugin &plugin, const std::string &file);

} // namespace mre_check
