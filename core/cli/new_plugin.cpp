#include "core/cli/new_plugin.hpp"

#include "core/cli/exit_codes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace mre::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 40; // it stands in file names, variables and tool names

bool is_name(const std::string &name) {
  return !name.empty() && name.size() <= kLongestName && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

void replace_all(std::string &text, const std::string &from, const std::string &to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// disk_space -> DiskSpace
std::string type_name(const std::string &name) {
  std::string made;
  bool is_start = true;
  for (const char c : name) {
    if (c != '_') {
      made += is_start && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    is_start = c == '_';
  }
  return made;
}

// The examples call themselves sample and Sample.
std::string renamed(std::string text, const std::string &name) {
  replace_all(text, "sample", name);
  replace_all(text, "Sample", type_name(name));
  return text;
}

int fail(const Output &output, const std::string &what, const std::string &hint, int code) {
  print_error(output, Error{Errc::local_failed, what, hint});
  return code;
}

std::string next_steps(const NewPlugin &wanted) {
  const std::string built = wanted.language == "rust" ? "target/release/lib" + wanted.name + ".so"
                                                      : "build/" + wanted.name + ".so";
  std::string steps = "next:\n  cd " + wanted.name + "\n";
  if (wanted.language == "rust") {
    steps += "  cargo build --release\n  mre-check " + built + " --script " + wanted.name +
             "_test.json\n";
  } else {
    steps += "  cmake -S . -B build && cmake --build build\n"
             "  ctest --test-dir build --output-on-failure\n";
  }
  return steps + "  MRE_PLUGINS=$PWD/" + built + " mcp-remote-exec tools\n";
}

} // namespace

int run_new_plugin(const NewPlugin &wanted, const Output &output) {
  if (!is_name(wanted.name)) {
    return fail(output, "'" + wanted.name + "' cannot be the name of a plugin",
                "1 to " + std::to_string(kLongestName) +
                    " of a-z, 0-9 and _, beginning with a letter",
                kUsage);
  }
  const fs::path root = fs::path(wanted.folder) / wanted.name;
  std::error_code failed;
  if (!fs::create_directory(root, failed)) {
    return fail(output,
                failed ? "cannot make the folder " + root.string() + ": " + failed.message()
                       : root.string() + " is there already",
                "choose another name or folder", kFailed);
  }
  for (const TemplateFile &file : template_files()) {
    if (file.language != wanted.language) {
      continue;
    }
    const fs::path path = root / renamed(file.path, wanted.name);
    fs::create_directories(path.parent_path(), failed);
    std::ofstream stream(path, std::ios::binary);
    stream << renamed(file.text, wanted.name);
    stream.close();
    if (!stream) {
      return fail(output, "cannot write " + path.string(), {}, kFailed);
    }
    output.out << "  " << visible_text(wanted.name + "/" + renamed(file.path, wanted.name)) << '\n';
  }
  output.out << visible_text(next_steps(wanted));
  return kOk;
}

} // namespace mre::cli
