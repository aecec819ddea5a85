#include "core/base/digest.hpp"
#include "core/base/file.hpp"
#include "core/plugin_host/loader.hpp"
#include "tests/unit/plugin_host/world.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace mre::plugin_host {
namespace {

using test::contains;

std::string fixture(const std::string &name) {
  return test::fixture_plugin(name).path;
}

std::string copy_of(const std::string &name, const testing::TemporaryFolder &folder) {
  const std::string path = folder.path() + "/" + name + ".so";
  std::ofstream(path, std::ios::binary) << *read_file(fixture(name), std::size_t{64} << 20U);
  ::chmod(path.c_str(), 0755);
  return path;
}

std::string refusal(const PluginFile &file) {
  const auto loaded = load_file(file);
  return loaded ? std::string("loaded") : loaded.error().message;
}

TEST_CASE("a descriptor is read without starting the plugin") {
  const auto described = describe(fixture("tiny_cpp"));
  REQUIRE(described);
  CHECK(described->id == "test.tiny-cpp");
  CHECK(described->version == "1.2.3");
  CHECK(described->license == "MIT");
  CHECK(described->max_calls == 4);
  CHECK(described->needs == std::vector<std::string>{"mre.ssh/1", "mre.kv/1"});
  CHECK(contains(described->config_schema, "MRE_TINY_CPP_GREETING"));
}

TEST_CASE("a path that is not absolute, not there or not a file is refused") {
  CHECK(contains(refusal({"tiny_c.so", {}}), "not an absolute path"));
  CHECK(contains(refusal({"/nowhere/at/all.so", {}}), "cannot find /nowhere/at/all.so"));
  CHECK(contains(refusal({"/usr", {}}), "not a regular file"));
}

TEST_CASE("a file that others can write is refused before anything of it runs") {
  const testing::TemporaryFolder folder;
  const std::string path = copy_of("tiny_c", folder);
  REQUIRE(::chmod(path.c_str(), 0757) == 0);
  const auto loaded = load_file({path, {}});
  REQUIRE(!loaded);
  CHECK(loaded.error().code == Errc::denied);
  CHECK(contains(loaded.error().message, "can be written by everybody"));
}

TEST_CASE("a folder that others can write is refused as well") {
  const testing::TemporaryFolder folder;
  const std::string path = copy_of("tiny_c", folder);
  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  CHECK(contains(refusal({path, {}}), "can be written by everybody"));
  ::chmod(folder.path().c_str(), 0700);
}

TEST_CASE("a pinned digest admits exactly those bytes") {
  const testing::TemporaryFolder folder;
  const std::string path = copy_of("tiny_c", folder);
  const std::string digest = sha256_hex(*read_file(path, std::size_t{64} << 20U));
  CHECK(refusal({path, digest}) == "loaded");
  const std::string other(64, 'a');
  const auto loaded = load_file({path, other});
  REQUIRE(!loaded);
  CHECK(loaded.error().code == Errc::denied);
  CHECK(contains(loaded.error().message, digest));
  CHECK(contains(loaded.error().message, other));
  const auto pinned = load_file({path, other, "MRE_PLUGIN_TINY_C_SHA256"});
  REQUIRE(!pinned);
  CHECK(contains(pinned.error().hint, "MRE_PLUGIN_TINY_C_SHA256=" + digest));
}

TEST_CASE("two pinned plugins are two plugins") {
  const testing::TemporaryFolder folder;
  const std::string first = copy_of("tiny_c", folder);
  const std::string second = copy_of("never_answers", folder);
  const auto one = load_file({first, sha256_hex(*read_file(first, std::size_t{64} << 20U))});
  const auto two = load_file({second, sha256_hex(*read_file(second, std::size_t{64} << 20U))});
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->descriptor.description.id == "test.tiny-c");
  CHECK(two->descriptor.description.id == "test.never-answers");
}

TEST_CASE("the dynamic linker's own words are passed on") {
  CHECK(contains(refusal({fixture("undefined_symbol"), {}}),
                 "undefined symbol: function_that_nobody_has"));
}

TEST_CASE("a shared object that is no plugin says what is missing") {
  CHECK(contains(refusal({fixture("missing_symbol"), {}}), "does not export mre_plugin_v1"));
}

TEST_CASE("a descriptor of another shape is refused with both sizes") {
  const std::string said = refusal({fixture("wrong_abi"), {}});
  CHECK(contains(said, "has 16 bytes"));
  CHECK(contains(said, std::to_string(sizeof(mre_plugin))));
}

TEST_CASE("a longer descriptor of a newer version is read as far as it is known") {
  const auto loaded = load_file({fixture("new_struct"), {}});
  REQUIRE(loaded);
  CHECK(loaded->descriptor.description.abi_minor == 9);
  CHECK(loaded->descriptor.functions.size == sizeof(mre_plugin));
}

TEST_CASE("an id without a dot is for the bundled plugin of that name") {
  CHECK(check_id("org.example.x", "x", false));
  CHECK(check_id("sftp", "sftp", true));
  CHECK(!check_id("sftp", "sftp", false));
  CHECK(!check_id("sftp", "proxmox", true));
  CHECK(!check_id("core", "core", true));
}

} // namespace
} // namespace mre::plugin_host
