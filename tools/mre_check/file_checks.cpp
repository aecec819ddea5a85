// Level 1: the file, before and while it is loaded.
#include "tools/mre_check/check.hpp"
#include "tools/mre_check/elf_file.hpp"

#include <dlfcn.h>

#include <algorithm>

namespace mre_check {
namespace {

void one_symbol(Plugin &plugin) {
  std::string others;
  bool has_entry = false;
  for (const std::string &name : ElfFile(plugin.path).exported()) {
    has_entry = has_entry || name == "mre_plugin_v1";
    if (name != "mre_plugin_v1" && others.size() < 200) {
      others += (others.empty() ? "" : ", ") + name;
    }
  }
  demand(has_entry, "it does not export mre_plugin_v1");
  demand(others.empty(), "it exports more than mre_plugin_v1: " + others +
                             "; mre_add_plugin() links with a version script that hides the rest");
}

void stays_loaded(Plugin &plugin) {
  const ElfFile elf(plugin.path);
  demand((elf.flags(DT_FLAGS_1) & DF_1_NODELETE) != 0, "it is not linked with -z nodelete");
  demand((elf.flags(DT_FLAGS_1) & DF_1_NOW) != 0 || (elf.flags(DT_FLAGS) & DF_BIND_NOW) != 0,
         "it is not linked with -z now: a missing symbol would end the server at its first use");
}

void plain_needs(Plugin &plugin) {
  for (const std::string &name : ElfFile(plugin.path).needed()) {
    demand(name.empty() || name[0] == '$' || name.find('/') == std::string::npos,
           "it is tied to a place of the machine it was built on: " + name);
  }
}

std::string joined(const std::vector<std::string> &names) {
  constexpr std::size_t kMost = 5; // the rest is of the same kind
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return text + (names.size() > kMost ? ", ..." : "");
}

// Code is never unloaded, so what waits for its end runs while the process ends, beside threads
// that still use it, or not at all.
void no_destructors(Plugin &plugin) {
  const ElfFile elf(plugin.path);
  const std::vector<std::string> at_end = elf.at_unload();
  if (!at_end.empty()) {
    throw Warning("it has destructors that run when the process ends, or never, because plugins "
                  "are not unloaded: " +
                  joined(at_end) + "; tidy up in destroy()");
  }
  // A static object registers its destructor when the file is loaded. A runtime inside the plugin
  // has such objects of its own, which are none of the author's.
  const std::vector<std::string> at_load = elf.at_load();
  if (!at_load.empty() && elf.imports("__cxa_atexit") && !elf.has_own_cxx_runtime()) {
    throw Warning("it seems to have static objects whose destructors run when the process ends, "
                  "or never, because plugins are not unloaded: see " +
                  joined(at_load) + "; keep state in the instance that create() makes");
  }
}

void loads(Plugin &plugin) {
  load(plugin);
}

void descriptor(Plugin &plugin) {
  const Complaint complaint = descriptor_complaint(plugin.path);
  demand(!complaint, complaint.value_or(""));
}

void same_descriptor(Plugin &plugin) {
  void *const object = ::dlopen(plugin.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto entry = reinterpret_cast<const mre_plugin *(*)()>(::dlsym(object, "mre_plugin_v1"));
  demand(entry() == entry(), "mre_plugin_v1() gives another descriptor each time");
}

} // namespace

void load(Plugin &plugin) {
  if (plugin.descriptor != nullptr) {
    return;
  }
  const Complaint complaint = load_complaint(plugin.path);
  demand(!complaint, complaint.value_or(""));
  void *const object = ::dlopen(plugin.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto entry = reinterpret_cast<const mre_plugin *(*)()>(::dlsym(object, "mre_plugin_v1"));
  plugin.descriptor = entry();
}

std::vector<Check> file_checks() {
  return {{"one-symbol", 1, "exports mre_plugin_v1 and nothing else", one_symbol, false},
          {"stays-loaded", 1, "is linked with -z now and -z nodelete", stays_loaded, false},
          {"plain-needs", 1, "names the libraries it needs without folders", plain_needs, false},
          {"no-destructors", 1, "leaves nothing to do for the time after destroy()", no_destructors,
           false},
          {"loads", 1, "loads with every symbol bound, as the server loads it", loads, false},
          {"descriptor", 1, "has a complete descriptor", descriptor, false},
          {"same-descriptor", 1, "gives the same descriptor each time", same_descriptor, true}};
}

} // namespace mre_check
