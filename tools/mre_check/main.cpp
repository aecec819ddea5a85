// mre-check FILE.so: does a plugin keep the rules of its boundary?
//
// Each check runs in a process of its own. Exit 0: none failed (a warning is no failure); 1: one
// failed; 2: wrong usage. The file is loaded and run: check only what you would run anyway.
#include "tools/mre_check/check.hpp"
#include "tools/mre_check/child.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>

namespace {

using mre_check::Check;
using mre_check::Plugin;
using mre_check::Report;
using mre_check::Verdict;

constexpr int kDefaultLevel = 4; // level 5 takes seconds and is for a nightly run

struct Arguments {
  std::string file, only, script;
  int level = kDefaultLevel;
  std::uint64_t seed = 1;
  int patience_ms = 30000;
  bool as_json = false, list = false, help = false;
};

constexpr const char *kUsage =
    "usage: mre-check FILE.so [--level 1..5] [--json] [--only CHECK] [--script FILE.json]\n"
    "                         [--seed N | --reproduce N] [--patience MS]\n"
    "       mre-check --list\n";

constexpr const char *kHelp = R"(
Does a plugin keep the rules of its boundary? Each check runs in a process of its own.
The file is loaded and run: check only what you would run anyway.

  --level N        1 the file, 2 create to destroy, 3 answers and failures, 4 concurrency and
                   memory (the default), 5 odd output and made-up arguments
  --only CHECK     this one alone, of any level; --list names them
  --script FILE    also makes the calls in it and compares what comes back
  --seed N         what made-up arguments are made of
  --reproduce N    runs the fuzz check again with the seed that it named
  --patience MS    how long one check may take (30000)
  --json           an object per line: check, level, result (pass, warn, fail, skip), message, ms

Exit code: 0 nothing failed, 1 a check failed, 2 wrong usage. A warning is no failure.
)";

int usage(const std::string &what) {
  std::cerr << "mre-check: " << what << "\n" << kUsage;
  return 2;
}

template <class Number>
bool read_number(const std::string &text, Number &into) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
  return code == std::errc() && end == text.data() + text.size();
}

// Empty when they were understood, else what is wrong.
std::string read_arguments(const std::vector<std::string> &words, Arguments &arguments) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string &word = words[i];
    const bool takes_value = word == "--level" || word == "--only" || word == "--seed" ||
                             word == "--reproduce" || word == "--script" || word == "--patience";
    if (takes_value && i + 1 == words.size()) {
      return word + " needs a value";
    }
    bool is_good = true;
    if (word == "--json") {
      arguments.as_json = true;
    } else if (word == "--help" || word == "-h") {
      arguments.help = true;
    } else if (word == "--list") {
      arguments.list = true;
    } else if (word == "--level") {
      is_good =
          read_number(words[++i], arguments.level) && arguments.level >= 1 && arguments.level <= 5;
    } else if (word == "--seed" || word == "--reproduce") {
      is_good = read_number(words[++i], arguments.seed);
      if (word == "--reproduce") {
        arguments.only = "fuzz";
        arguments.level = 5;
      }
    } else if (word == "--patience") {
      is_good = read_number(words[++i], arguments.patience_ms) && arguments.patience_ms > 0;
    } else if (word == "--only") {
      arguments.only = words[++i];
      arguments.level = 5;
    } else if (word == "--script") {
      arguments.script = words[++i];
    } else if (word.rfind("--", 0) == 0 || !arguments.file.empty()) {
      return "unexpected " + word;
    } else {
      arguments.file = word;
    }
    if (!is_good) {
      return words[i - 1] + " does not take " + words[i];
    }
  }
  if (arguments.only == "script" && arguments.script.empty()) {
    return "--only script needs --script FILE.json";
  }
  const bool needs_file = !arguments.list && !arguments.help;
  return arguments.file.empty() && needs_file ? "which file?" : "";
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto &part :
       {mre_check::file_checks(), mre_check::life_checks(), mre_check::call_checks()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

const char *word_of(Verdict verdict) {
  switch (verdict) {
  case Verdict::passed:
    return "pass";
  case Verdict::warned:
    return "warn";
  case Verdict::skipped:
    return "skip";
  case Verdict::failed:
    break;
  }
  return "fail";
}

void print(const Check &check, const Report &report, bool as_json) {
  if (as_json) {
    std::cout << mre::dump(mre::json{{"check", check.name},
                                     {"level", check.level},
                                     {"result", word_of(report.verdict)},
                                     {"message", report.message},
                                     {"ms", report.duration.count()}})
              << std::endl;
    return;
  }
  std::cout << word_of(report.verdict) << "  " << check.level << "  " << check.name << ": "
            << (report.message.empty() ? check.promise : report.message) << std::endl;
}

int run(const Arguments &arguments) {
  std::vector<Check> checks = all_checks();
  if (!arguments.script.empty()) {
    const std::string script = arguments.script;
    checks.push_back({"script", 1, "does what the script says",
                      [script](Plugin &plugin) { mre_check::run_script(plugin, script); }});
  }
  std::array<char, PATH_MAX> resolved{};
  Plugin plugin;
  if (::realpath(arguments.file.c_str(), resolved.data()) == nullptr) {
    return usage(arguments.file + ": " + std::strerror(errno));
  }
  plugin.path = resolved.data();
  plugin.seed = arguments.seed;
  bool is_good = true;
  std::size_t made = 0;
  for (const Check &check : checks) {
    const bool is_wanted =
        arguments.only.empty() ? check.level <= arguments.level : check.name == arguments.only;
    if (!is_wanted) {
      continue;
    }
    const Report report =
        mre_check::run_in_child(check, plugin, std::chrono::milliseconds(arguments.patience_ms));
    print(check, report, arguments.as_json);
    is_good = is_good && report.verdict != Verdict::failed;
    ++made;
  }
  if (made == 0) {
    return usage("there is no check " + arguments.only + "; --list names them");
  }
  return is_good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  try {
    Arguments arguments;
    const std::string wrong = read_arguments({argv + 1, argv + argc}, arguments);
    if (!wrong.empty()) {
      return usage(wrong);
    }
    if (arguments.help) {
      std::cout << kUsage << kHelp;
      return 0;
    }
    if (arguments.list) {
      for (const Check &check : all_checks()) {
        std::cout << check.level << "  " << check.name << ": " << check.promise << "\n";
      }
      return 0;
    }
    return run(arguments);
  } catch (const std::exception &error) {
    std::cerr << "mre-check: " << error.what() << "\n";
    return 2;
  }
}
