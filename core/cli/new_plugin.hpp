// `plugins new NAME [--c|--cpp|--rust]`: a folder NAME with a plugin that builds, has a test and
// passes mre-check.
//
// Promise: nothing that exists is touched; a name that cannot be an identifier in all three
// languages is exit 2, a folder that is there already exit 1.
// Threads: one.
#pragma once

#include "core/cli/output.hpp"

#include <string>
#include <vector>

namespace mre::cli {

struct NewPlugin {
  std::string name;
  std::string language; // "c", "cpp" or "rust"
  std::string folder;   // where the new folder is made
};

int run_new_plugin(const NewPlugin &wanted, const Output &output);

// The files of examples/, written into the program when it is built.
struct TemplateFile {
  const char *language, *path, *text;
};
const std::vector<TemplateFile> &template_files();

} // namespace mre::cli
