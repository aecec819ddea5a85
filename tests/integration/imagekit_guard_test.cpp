// What surrounds the two-phase transfers: secrets, settings, the hidden tools, the sweep.
#include "tests/integration/imagekit_bench.hpp"

#include <ctime>

using namespace mre;
using namespace mre::testing;

TEST_CASE("the private key appears nowhere: not in results, errors, logs, the store or on disk") {
  ImageKitBench bench(Environment{{"MRE_LOG", "trace"}});
  std::string seen;
  const std::string transfer = bench.uploaded(bench.far / "target", "hello");
  const auto keep = [&](const Json &result) { seen += dump_json(result); };
  for (const int status : {401, 500}) {
    bench.relay.fail({.call = ImageKitCall::list, .status = status, .times = 4});
    keep(bench.confirm_upload(transfer));
  }
  keep(bench.confirm_upload(transfer));
  keep(bench.call("request_upload", {{"remote_path", bench.far / "x"}}));
  keep(bench.call("request_download", {{"remote_path", bench.far / "target"}}));
  seen += bench.server().error_output();
  const std::string process = "/proc/" + std::to_string(bench.server().pid());
  seen += read_whole_file(process + "/cmdline");
  for (const auto &entry : std::filesystem::recursive_directory_iterator(bench.state.path())) {
    if (entry.is_regular_file()) {
      seen += read_whole_file(entry.path());
    }
  }
  const std::string &key = bench.relay.private_key();
  const std::string with_colon = key + ":";
  for (const std::string &form : {key, dump_json(Json(key)), base64_encode(key).substr(0, 24),
                                  hex_encode(key), base64_encode(with_colon), key.substr(0, 12)}) {
    INFO(form);
    CHECK_FALSE(holds(seen, form));
  }
  // The service itself did get it: the search would have found it.
  CHECK(bench.relay.requests().back().authorization == "Basic " + base64_encode(with_colon));
}

TEST_CASE("settings that are missing or wrong stop the start, by name, all at once") {
  const Bench bench;
  const auto result =
      run_server({.environment = bench.environment({{"ENABLE_IMAGEKIT", "true"},
                                                    {"IMAGEKIT_PUBLIC_KEY", "public_x"},
                                                    {"IMAGEKIT_URL_ENDPOINT", "http://plain"},
                                                    {"IMAGEKIT_TRANSFER_TIMEOUT", "3600"},
                                                    {"IMAGEKIT_API_VERSION", "v3"}})});
  CHECK(result.exit_code() == 2);
  for (const char *name : {"IMAGEKIT_PRIVATE_KEY", "IMAGEKIT_URL_ENDPOINT",
                           "IMAGEKIT_TRANSFER_TIMEOUT", "IMAGEKIT_API_VERSION"}) {
    CHECK(holds(result.error, name));
  }
}

TEST_CASE("the plain transfers are hidden while the plugin is on, and say what to use") {
  ImageKitBench bench;
  const auto names = bench.server().tool_names();
  CHECK(contains(names, "imagekit_request_upload"));
  CHECK(contains(names, "ssh_read_file"));
  for (const char *hidden : {"ssh_upload_file", "ssh_download_file"}) {
    CHECK_FALSE(contains(names, hidden));
    const Json answer = bench.server().response(
        bench.server().start_tool(hidden, {{"local_path", "/x"}, {"remote_path", "/y"}}));
    CHECK(answer.at("error").at("code") == -32602);
    CHECK(holds(answer.at("error").at("data").value("use", ""), "imagekit_request_"));
  }
}

TEST_CASE("when the plugin cannot start, the plain transfers are there") {
  const Bench bench;
  const ImageKitServer relay;
  Environment environment = relay.environment();
  environment["IMAGEKIT_CA_FILE"] = "/nowhere/ca.pem";
  const auto refused = run_server({.environment = bench.environment(environment)});
  CHECK(refused.exit_code() == 2);
  CHECK(holds(refused.error, "IMAGEKIT_CA_FILE"));
  environment["MRE_PLUGINS_OPTIONAL"] = "true";
  auto server = start_server(bench.environment(environment));
  const auto names = server.tool_names();
  CHECK(contains(names, "ssh_upload_file"));
  CHECK(contains(names, "ssh_download_file"));
  CHECK_FALSE(contains(names, "imagekit_request_upload"));
}

TEST_CASE("the sweep deletes what expired long ago and is ours, and lists it") {
  ImageKitBench bench;
  const std::string folder = "/mcp-remote-exec";
  const std::string digits(32, 'a');
  const auto past = std::to_string(std::time(nullptr) - 700);
  const auto recent = std::to_string(std::time(nullptr) - 300);
  ImageKitStore &store = bench.relay.store();
  store.put({"", "mre-" + past + "-" + digits + ".bin", folder, "old", true, 1});
  store.put({"", "mre-" + recent + "-" + digits + ".bin", folder, "recent", true, 1});
  store.put({"", "mre-" + past + "-" + digits + ".bin", "/other", "old", true, 1});
  store.put({"", "holiday.jpg", folder, "photo", true, 1});
  const auto swept =
      run_server({.environment = bench.environment(), .arguments = {"imagekit", "sweep"}});
  INFO(swept.error);
  CHECK(swept.exit_code() == 0);
  CHECK(holds(swept.output, "deleted mre-" + past));
  CHECK(store.objects().size() == 3);
  const auto again =
      run_server({.environment = bench.environment(), .arguments = {"imagekit", "sweep"}});
  CHECK(holds(again.output, "nothing to delete"));
  store.put({"", "mre-" + past + "-" + digits + ".bin", folder, "old", true, 1});
  bench.relay.fail({.call = ImageKitCall::remove, .status = 403});
  const auto refused =
      run_server({.environment = bench.environment(), .arguments = {"imagekit", "sweep"}});
  CHECK(refused.exit_code() == 1);
  CHECK(run_server({.environment = bench.environment(), .arguments = {"imagekit", "sweep", "x"}})
            .exit_code() == 2);
}
