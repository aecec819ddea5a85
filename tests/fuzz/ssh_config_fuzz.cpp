// The ssh configuration: any text is cut into lines and evaluated without harm, and one that is
// quoted again word for word means the same.
#include "core/config/ssh_config_evaluate.hpp"
#include "core/config/ssh_config_keywords.hpp"
#include "core/config/ssh_config_tokens.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace mre::config;

std::string quoted(const std::string &word) {
  std::string text = "\"";
  for (const char c : word) {
    text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return text + "\"";
}

void expect(bool holds) {
  if (!holds) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string text(data, data + size);
  SshConfigLines parsed = parse_ssh_config(text);
  for (const SshConfigLine &line : parsed.lines) {
    expect(!line.keyword.empty() && !line.arguments.empty());
    match_words(line.rest);
    parse_ssh_jumps(line.arguments.front());
    std::string again = line.keyword;
    for (const std::string &word : line.arguments) {
      again += " " + quoted(word);
    }
    const SshConfigLines second = parse_ssh_config(again);
    expect(second.lines.size() == 1 && second.lines[0].arguments == line.arguments);
  }
  SshConfigReading reading;
  reading.files.push_back({"config", std::move(parsed.lines), {}});
  for (const std::string &host : ssh_config_aliases(reading)) {
    const SshOptions options = evaluate_ssh_config(reading, {host, "me", "you", 22});
    expect(options.value("user") == "you");
    for (const auto &[keyword, taken] : options.options) {
      expect(!taken.empty() && !taken.front().values.empty());
      static_cast<void>(expand_ssh_path(taken.front().values.front(), {}));
      static_cast<void>(expand_host_name(taken.front().values.front(), host));
    }
  }
  return 0;
}
