#include "core/cli/client_config.hpp"

#include "core/base/json.hpp"
#include "core/base/nearest.hpp"
#include "core/cli/exit_codes.hpp"

#include <utility>
#include <vector>

namespace mre::cli {
namespace {

using OrderedJson = nlohmann::ordered_json; // people read it: command before args before env

constexpr const char *kName = "mcp-remote-exec";
constexpr const char *kPlaceholderHost = "server.example.com";

enum class Form { mcp_servers, mcp_servers_with_type, servers, toml };
// How a client can bring a password in at start.
enum class Password { not_at_all, expansion, prompt };

struct Client {
  std::string name;
  std::string file;
  Form form;
  Password password;
};

const std::vector<Client> &clients() {
  static const std::vector<Client> list = {
      {"claude-desktop", "claude_desktop_config.json", Form::mcp_servers, Password::not_at_all},
      {"claude-code", ".mcp.json in the project", Form::mcp_servers_with_type, Password::expansion},
      {"cursor", "~/.cursor/mcp.json, or .cursor/mcp.json in the project", Form::mcp_servers,
       Password::not_at_all},
      {"vscode", ".vscode/mcp.json", Form::servers, Password::prompt},
      {"codex", "~/.codex/config.toml", Form::toml, Password::not_at_all},
      {"gemini", "~/.gemini/settings.json", Form::mcp_servers, Password::expansion},
  };
  return list;
}

Result<Client> find_client(const std::string &name) {
  std::vector<std::string> names;
  std::string all;
  for (const Client &client : clients()) {
    if (client.name == name) {
      return client;
    }
    names.push_back(client.name);
    all += (all.empty() ? "" : ", ") + client.name;
  }
  const std::string near = nearest_name(name, names);
  return Error{Errc::bad_argument,
               "no client is called " + json_quote(name) +
                   (near.empty() ? std::string() : "; did you mean " + near + "?"),
               "known are " + all};
}

class Renderer {
public:
  Renderer(const ClientConfigRequest &request, Client client)
      : request_(request), client_(std::move(client)) {}

  ClientConfig render() {
    collect();
    ClientConfig config;
    config.text = client_.form == Form::toml
                      ? toml()
                      : json().dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
    config.note = "This belongs into " + client_.file + ".\n" + remark_;
    return config;
  }

private:
  std::string value_of(const std::string &name) const {
    const auto found = request_.environment.find(name);
    // A placeholder of another client is no value.
    return found == request_.environment.end() || found->second.find("${") != std::string::npos
               ? std::string()
               : found->second;
  }

  void collect() {
    if (request_.env_file) {
      const std::string &file = *request_.env_file;
      arguments_ = {"--env-file", file[0] == '/' ? file : request_.working_directory + "/" + file};
      return;
    }
    environment_.emplace_back("I_ACCEPT_RISKS", "true");
    const std::string ssh_host = value_of("SSH_HOST");
    const std::string host = ssh_host.empty() ? value_of("HOST") : ssh_host;
    environment_.emplace_back("HOST", host.empty() ? kPlaceholderHost : host);
    if (host.empty()) {
      remark_ += std::string("Write your host in place of ") + kPlaceholderHost + ".\n";
    }
    const std::string user = value_of("SSH_USERNAME");
    environment_.emplace_back("SSH_USERNAME", user.empty() ? "root" : user);
    const std::string key = value_of("SSH_KEY");
    const bool is_path = !key.empty() && key.find('\n') == std::string::npos &&
                         key.find("-----BEGIN") == std::string::npos;
    if (const std::string port = value_of("SSH_PORT"); !port.empty()) {
      environment_.emplace_back("SSH_PORT", port);
    }
    if (is_path) {
      environment_.emplace_back("SSH_KEY", key);
    }
    if (!value_of("SSH_PASSWORD").empty()) {
      add_password();
    }
  }

  void add_password() {
    switch (client_.password) {
    case Password::expansion:
      environment_.emplace_back("SSH_PASSWORD", "${SSH_PASSWORD}");
      remark_ += "The client takes SSH_PASSWORD from the environment it is started in.\n";
      return;
    case Password::prompt:
      environment_.emplace_back("SSH_PASSWORD", "${input:ssh-password}");
      is_prompted_ = true;
      remark_ += "The client asks for the password once and keeps it.\n";
      return;
    case Password::not_at_all:
      remark_ += "The password is not written here: put SSH_PASSWORD into "
                 "~/.config/mcp-remote-exec/env (mode 0600).\n";
      return;
    }
  }

  OrderedJson json() const {
    OrderedJson server;
    if (client_.form != Form::mcp_servers) {
      server["type"] = "stdio";
    }
    server["command"] = request_.executable;
    server["args"] = arguments_;
    if (!environment_.empty()) {
      for (const auto &[name, value] : environment_) {
        server["env"][name] = value;
      }
    }
    OrderedJson document;
    if (is_prompted_) {
      document["inputs"] = OrderedJson::array({{{"type", "promptString"},
                                                {"id", "ssh-password"},
                                                {"description", "SSH password"},
                                                {"password", true}}});
    }
    document[client_.form == Form::servers ? "servers" : "mcpServers"][kName] = std::move(server);
    return document;
  }

  // A TOML basic string has the escapes of a JSON string.
  std::string toml() const {
    std::string text = "[mcp_servers." + std::string(kName) +
                       "]\ncommand = " + json_quote(request_.executable) + "\nargs = [";
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      text += (i == 0 ? "" : ", ") + json_quote(arguments_[i]);
    }
    text += "]\n";
    if (!environment_.empty()) {
      text += "\n[mcp_servers." + std::string(kName) + ".env]\n";
    }
    for (const auto &[name, value] : environment_) {
      text += name + " = " + json_quote(value) + "\n";
    }
    return text;
  }

  const ClientConfigRequest &request_;
  Client client_;
  std::vector<std::string> arguments_;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::string remark_;
  bool is_prompted_ = false;
};

} // namespace

Result<ClientConfig> render_client_config(const ClientConfigRequest &request) {
  MRE_TRY(Client client, find_client(request.client));
  return Renderer(request, std::move(client)).render();
}

int run_client_config(const ClientConfigRequest &request, const Output &output) {
  const Result<ClientConfig> config = render_client_config(request);
  if (!config) {
    print_error(output, config.error());
    return kUsage;
  }
  output.out << config->text;
  output.err << config->note;
  return kOk;
}

} // namespace mre::cli
