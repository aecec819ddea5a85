// Whatever a node or a guest prints: a value or an error, never anything else. The bytes come from
// a fixed generator, so a failure is the same everywhere.
#include "plugins/proxmox/agent_result.hpp"
#include "plugins/proxmox/guest_report.hpp"
#include "plugins/proxmox/node_line.hpp"
#include "plugins/proxmox/parse.hpp"
#include "plugins/proxmox/refusals.hpp"
#include "tests/support/catch.hpp"

#include <random>

namespace proxmox {
namespace {

// True when it gave a value or one of our errors.
template <class F>
bool is_orderly(F &&parse) {
  try {
    parse();
    return true;
  } catch (const mre::Error &) {
    return true;
  }
}

const std::vector<std::string> kSeeds = {
    "VMID       Status     Lock         Name\n100        running    backup       web\n",
    "cpus: 1\nstatus: running\nname: x\n",
    R"([{"type":"lxc","vmid":101,"name":"web","node":"pve1","status":"running","tags":"a;b"}])",
    "UPID:pve1:00001A2B:0000ABCD:65000000:vzdump:101:root@pam:",
    "mre-ok 12 digest 1 644 /srv/a\n",
    std::string("mre-file file 3 644 0 0 1700000000 /a") + '\0' + "abcmre-end " +
        std::string(64, 'a') + " 000",
    "mre-fail exists /srv/a\n",
    R"({"exitcode":1,"exited":1,"out-data":"x"})",
    "a\nmre-proxmox:next\nb\n",
    "Configuration file 'nodes/pve1/lxc/101.conf' does not exist\n"};

std::string damaged(std::string text, std::mt19937 &random) {
  const auto changes = random() % 6;
  for (std::uint32_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
    case 0:
      text[at] = static_cast<char>(random() % 256);
      break;
    case 1:
      text.erase(at, random() % 8);
      break;
    case 2:
      text.insert(at, text.substr(random() % text.size(), random() % 40));
      break;
    default:
      text.resize(at);
      break;
    }
  }
  return text;
}

TEST_CASE("damaged output gives a value or an error") {
  std::mt19937 random(20261121); // NOLINT(cert-msc51-cpp): the same run everywhere
  for (int round = 0; round < 20000; ++round) {
    const std::string text = damaged(kSeeds[random() % kSeeds.size()], random);
    const auto all_orderly = [&] {
      return is_orderly([&] { parse_container_list(text); }) &&
             is_orderly([&] { parse_status(text); }) &&
             is_orderly([&] { parse_resources(text); }) && is_orderly([&] { parse_upid(text); }) &&
             is_orderly([&] { parse_agent_result(text); }) &&
             is_orderly([&] { parse_write_report(text); }) &&
             is_orderly([&] { parse_failure(text); }) && is_orderly([&] { parse_sweep(text); }) &&
             is_orderly([&] { split_outputs(text); }) && is_orderly([&] {
               refusal({"x", "y"}, text, text);
             });
    };
    INFO("round " << round << ": " << text);
    CHECK(all_orderly());
    ReadStream stream([](const ReadStream::Header &) {}, [](std::string_view) { return true; });
    for (std::size_t at = 0; at < text.size(); at += 9) {
      stream.take(std::string_view(text).substr(at, 9));
    }
    stream.sha256();
    node_in(text);
    is_exec_refusal(text, 101);
  }
}

} // namespace
} // namespace proxmox
