# The files of examples/ as C++, so that `plugins new` needs nothing but the program.
set(examples ${PROJECT_SOURCE_DIR}/examples)
set(template_text "// Made from examples/ when the build was configured.\n#include \"core/cli/new_plugin.hpp\"\n
namespace mre::cli {\n
// Data in the shape of a function. NOLINTNEXTLINE(readability-function-size)
const std::vector<TemplateFile> &template_files() {
  static const std::vector<TemplateFile> files = {\n")
foreach(file c/CMakeLists.txt c/README.md c/sample.c c/sample_test.json
    cpp/CMakeLists.txt cpp/README.md cpp/sample.cpp cpp/sample_test.cpp
    rust/Cargo.toml rust/README.md rust/build.rs rust/sample_test.json rust/src/lib.rs rust/src/mre.rs)
  file(READ ${examples}/${file} content)
  string(REGEX MATCH "^[a-z]+" language ${file})
  string(LENGTH "${language}/" start)
  string(SUBSTRING ${file} ${start} -1 path)
  string(APPEND template_text "      {\"${language}\", \"${path}\", R\"mre(${content})mre\"},\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${examples}/${file})
endforeach()
string(APPEND template_text "  };\n  return files;\n}\n\n} // namespace mre::cli\n")
set(template_source ${CMAKE_CURRENT_BINARY_DIR}/template_files.cpp)
file(WRITE ${template_source}.new "${template_text}")
configure_file(${template_source}.new ${template_source} COPYONLY)
