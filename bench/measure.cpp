#include "bench/measure.hpp"

namespace mre::bench {

Fixture &Bench::wide() {
  if (!wide_) {
    wide_ = std::make_unique<Fixture>(Fixture::Limits::wide);
  }
  return *wide_;
}

Fixture &Bench::with_defaults() {
  if (!with_defaults_) {
    with_defaults_ = std::make_unique<Fixture>(Fixture::Limits::openssh_defaults);
  }
  return *with_defaults_;
}

Fixture &Bench::on_many_ports() {
  if (!on_many_ports_) {
    on_many_ports_ = std::make_unique<Fixture>(Fixture::Limits::wide_on_many_ports);
  }
  return *on_many_ports_;
}

const std::vector<Measurement> &measurements() {
  static const std::vector<Measurement> kAll = {
      {{"start", "idle-memory", "tools-list", "tools-list-answer"}, measure_start},
      {{"first-exec"}, measure_first_exec},
      {{"warm-exec", "warm-exec-openssh"}, measure_warm_exec},
      {{"distance"}, measure_distance},
      {{"many", "many-default-limits"}, measure_many},
      {{"output", "output-memory"}, measure_output},
      {{"upload", "download", "upload-openssh", "download-openssh"}, measure_transfer},
      {{"small-up", "small-down"}, measure_small_files},
      {{"distant-upload", "distant-download"}, measure_distant_files},
      {{"tree-up", "tree-down"}, measure_distant_trees},
      {{"fleet"}, measure_fleet},
      {{"link-lost", "silent-peer"}, measure_faults},
      {{"plugin-call", "plugin-load", "plugin-load-100"}, measure_plugins},
      {{"connection-memory"}, measure_connection_memory},
      {{"http-list", "http-list-tail"}, measure_http_list},
      {{"http-exec"}, measure_http_exec},
      {{"http-streams", "http-beside-streams"}, measure_http_streams},
      {{"http-off"}, measure_http_off},
      {{"guest-up", "guest-down"}, measure_guest_files},
      {{"imagekit-up", "imagekit-up-memory", "imagekit-down", "imagekit-down-memory"},
       measure_imagekit},
  };
  return kAll;
}

} // namespace mre::bench
