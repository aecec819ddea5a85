// Two-phase transfers: the relay's speed beside each of its legs alone, and the memory it takes.
#include "bench/content.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"
#include "tests/support/imagekit_server.hpp"
#include "tests/support/process.hpp"

#include <algorithm>

namespace mre::bench {
namespace {

constexpr std::size_t kMega = 1000000;
constexpr std::chrono::minutes kLongest{5};

// The built server with imagekit between an sshd and a stand-in for the service.
class Relayed {
public:
  explicit Relayed(Bench &bench)
      : bytes_(kMega * static_cast<std::size_t>(bench.count(200, 20))),
        source_(bench.wide().local_path("source")), target_(bench.wide().remote_path("relayed")),
        server_(environment(bench)) {
    write_readable_file(source_, noise(bytes_));
    server_.exec("true"); // the connection and TLS's own tables are there
    const Json warm = call("imagekit_request_upload", {{"remote_path", target_ + ".warm"}});
    call("imagekit_confirm_upload", {{"transfer_id", upload(warm, "/dev/null")}});
    idle_ = server_.resident_mebibytes();
  }

  // MB/s of each.
  double plain_upload() {
    return rate([&] {
      call("ssh_upload_file",
           {{"local_path", source_}, {"remote_path", target_}, {"overwrite", true}});
    });
  }
  double plain_download() {
    return rate([&] {
      call("ssh_download_file",
           {{"local_path", source_ + ".back"}, {"remote_path", target_}, {"overwrite", true}});
    });
  }
  // The client's commands are the legs to and from the service.
  double client_upload() {
    const Json request =
        call("imagekit_request_upload", {{"remote_path", target_}, {"overwrite", true}});
    return rate([&] { waiting_ = upload(request, source_); });
  }
  double relayed_up() {
    server_.reset_peak();
    const double megabytes_per_second = rate([&] {
      call("imagekit_confirm_upload", {{"transfer_id", waiting_}});
    });
    above_idle_ = server_.peak_mebibytes() - idle_;
    return megabytes_per_second;
  }
  double relayed_down() {
    server_.reset_peak();
    Json request;
    const double megabytes_per_second = rate([&] {
      request = call("imagekit_request_download", {{"remote_path", target_}});
    });
    above_idle_ = server_.peak_mebibytes() - idle_;
    url_ = request.at("download_url");
    waiting_ = request.at("transfer_id");
    return megabytes_per_second;
  }
  double fetched() {
    return rate([&] { run("curl -fsS -o /dev/null '" + url_ + "'"); });
  }
  void finish_download() { call("imagekit_confirm_download", {{"transfer_id", waiting_}}); }
  double above_idle() const { return above_idle_; }

private:
  testing::Environment environment(Bench &bench) const {
    auto all = server_environment(bench.wide(), bench.wide().endpoint().port);
    for (const auto &[name, value] : relay_.environment()) {
      all[name] = value;
    }
    all["IMAGEKIT_MAX_OBJECT_BYTES"] = std::to_string(2 * bytes_);
    all["MAX_FILE_SIZE"] = "0";
    all["MRE_TOOLS_ALLOW"] = "ssh_upload_file,ssh_download_file";
    return all;
  }
  Json call(const std::string &tool, const Json &arguments) {
    const Json result = server_.process().call_tool(tool, arguments, kLongest);
    if (result.value("isError", false)) {
      throw std::runtime_error(tool + ": " + dump_json(result));
    }
    return result.at("structuredContent");
  }
  template <class Body>
  double rate(Body body) const {
    const Time begin = now();
    body();
    return static_cast<double>(bytes_) / kMega / (milliseconds_since(begin) / 1000);
  }
  void run(const std::string &command) const {
    const auto done = testing::run_program(
        {.command = {"sh", "-c", command},
         .environment =
             testing::Environment{{"PATH", "/usr/bin:/bin"}, {"CURL_CA_BUNDLE", relay_.ca_file()}},
         .output = testing::Connect::null},
        {}, kLongest);
    if (done.exit_code() != 0) {
      throw std::runtime_error("the client's command: " + done.error);
    }
  }
  // Returns the transfer.
  std::string upload(const Json &request, const std::string &path) const {
    std::string command = request.at("upload_command");
    const std::string placeholder = "LOCAL_FILE_PATH";
    command.replace(command.find(placeholder), placeholder.size(), path);
    run(command);
    return request.at("transfer_id");
  }

  std::size_t bytes_;
  testing::ImageKitServer relay_;
  std::string source_, target_;
  Server server_;
  double idle_ = 0;
  double above_idle_ = 0;
  std::string waiting_, url_;
};

Row memory_row(std::string name, std::string what) {
  return {
      .name = std::move(name), .what = std::move(what), .unit = "MiB", .bar = "<= idle + 8 MiB"};
}

void judge(Row &speed, Row &memory, double above_idle) {
  set_ratio(speed);
  speed.holds = *speed.ratio >= 0.8;
  memory.ours = above_idle;
  memory.holds = above_idle <= 8;
}

} // namespace

Rows measure_imagekit(Bench &bench) {
  Row up{.name = "imagekit-up",
         .what = "200 MB from the service to a host",
         .unit = "MB/s",
         .bar = ">= 0.8 x the slower leg"};
  Row up_memory = memory_row("imagekit-up-memory", "peak above idle meanwhile");
  Row down{.name = "imagekit-down",
           .what = "200 MB from a host to the service",
           .unit = "MB/s",
           .bar = ">= 0.8 x the slower leg"};
  Row down_memory = memory_row("imagekit-down-memory", "peak above idle meanwhile");
  measure_into(up, [&](Row &) {
    Relayed relayed(bench);
    const double sent = relayed.client_upload();
    up.ours = relayed.relayed_up();
    const double up_memory_above = relayed.above_idle();
    const double written = relayed.plain_upload();
    const double read = relayed.plain_download();
    measure_into(down, [&](Row &) {
      down.ours = relayed.relayed_down();
      const double above = relayed.above_idle();
      down.floor = std::min(sent, read);
      down.details = {{"from_the_host_alone", read}, {"to_the_service_alone", sent}};
      judge(down, down_memory, above);
    });
    const double fetched = relayed.fetched();
    relayed.finish_download();
    up.floor = std::min(fetched, written);
    up.details = {{"from_the_service_alone", fetched}, {"to_the_host_alone", written}};
    judge(up, up_memory, up_memory_above);
  });
  for (Row *memory : {&up_memory, &down_memory}) {
    memory->note = memory->ours ? "" : "not measured";
    memory->holds = memory->holds.value_or(false);
  }
  return {up, up_memory, down, down_memory};
}

} // namespace mre::bench
