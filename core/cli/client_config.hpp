// `client-config CLIENT`: what to paste into a client so that it starts this server.
//
// Promise: complete JSON, or TOML for codex, with the absolute path of the executable, and never a
// secret: values of passwords are left to a settings file, to the client's own prompt or to its
// expansion of variables.
// Threads: pure.
#pragma once

#include "core/base/result.hpp"
#include "core/cli/output.hpp"

#include <map>
#include <optional>
#include <string>

namespace mre::cli {

struct ClientConfigRequest {
  std::string client;
  std::string executable;        // absolute
  std::string working_directory; // absolute; where a relative env_file starts
  std::map<std::string, std::string>
      environment; // HOST and the like are taken over where they are set
  std::optional<std::string> env_file;
};

struct ClientConfig {
  std::string text;
  std::string note; // where it belongs, and what is left to do; for stderr
};

Result<ClientConfig> render_client_config(const ClientConfigRequest &request);

int run_client_config(const ClientConfigRequest &request, const Output &output);

} // namespace mre::cli
