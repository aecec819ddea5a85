#include "core/builtin/list_hosts_tool.hpp"

#include <algorithm>
#include <utility>

namespace mre::builtin {
namespace {

// Nothing but what a client needs to choose: no key, no password, no file name.
Json describe(const config::HostConfig &host, bool connected) {
  return {{"name", host.name},     {"host", host.address}, {"port", host.port},
          {"user", host.user},     {"tags", host.tags},    {"description", host.description},
          {"connected", connected}};
}

std::string line_of(const config::HostConfig &host, bool connected) {
  std::string text =
      host.name + "  " + host.user + "@" + host.address + ":" + std::to_string(host.port);
  for (std::size_t i = 0; i < host.tags.size(); ++i) {
    text += (i == 0 ? "  [" : ", ") + host.tags[i] + (i + 1 == host.tags.size() ? "]" : "");
  }
  text += connected ? "  connected" : "";
  return host.description.empty() ? text : text + "  " + host.description;
}

class ListHostsTool final : public tools::ToolHandler {
public:
  explicit ListHostsTool(CoreToolsDependencies dependencies)
      : dependencies_(std::move(dependencies)) {}

  bool blocks() const override { return false; }
  void invoke(const std::shared_ptr<tools::CallContext> &call, const Json &arguments) override {
    const config::HostBookPtr book = dependencies_.hosts.hosts();
    const std::string *tag = find_string(arguments, "tag");
    Json hosts = Json::array();
    std::string text;
    for (const auto &[name, host] : book->hosts) {
      if (tag != nullptr &&
          std::find(host.tags.begin(), host.tags.end(), *tag) == host.tags.end()) {
        continue;
      }
      const bool connected = dependencies_.exec.engine.is_connected(host);
      hosts.push_back(describe(host, connected));
      text += line_of(host, connected) + "\n";
    }
    if (hosts.empty()) {
      text = tag == nullptr ? "no hosts are configured\n" : "no host has the tag " + *tag + "\n";
    }
    if (!book->warning.empty()) {
      text += "warning: " + book->warning + "\n";
    }
    text.pop_back();
    tools::ToolResult result;
    result.content.push_back({{"type", "text"}, {"text", std::move(text)}});
    result.structured = Json{{"hosts", std::move(hosts)},
                             {"warning", book->warning.empty() ? Json() : Json(book->warning)}};
    call->finish(std::move(result));
  }

private:
  const CoreToolsDependencies dependencies_;
};

constexpr const char *kListHostsInput =
    R"({"type":"object","properties":{"tag":{"type":"string"}},"additionalProperties":false})";

constexpr const char *kListHostsOutput =
    R"({"type":"object","properties":{"hosts":{"type":"array","items":{"type":"object","properties":{)"
    R"("name":{"type":"string"},"host":{"type":"string"},"port":{"type":"integer"},"user":{"type":"string"},)"
    R"("tags":{"type":"array","items":{"type":"string"}},"description":{"type":"string"},"connected":{"type":"boolean"}}}},)"
    R"("warning":{"type":["string","null"]},"error":{"type":"object"}}})";

} // namespace

tools::ToolDeclaration declare_list_hosts_tool(const CoreToolsDependencies &dependencies) {
  tools::ToolDeclaration tool;
  tool.name = "ssh_list_hosts";
  tool.title = "List hosts";
  tool.description =
      "Lists the configured hosts: name, address, port, user, tags, whether connected.";
  tool.input_schema = kListHostsInput;
  tool.output_schema = kListHostsOutput;
  tool.promises.read_only = true;
  tool.promises.closed_world = true;
  tool.handler = std::make_shared<ListHostsTool>(dependencies);
  return tool;
}

} // namespace mre::builtin
