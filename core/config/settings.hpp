// Everything the operator can set, read once into one value. See design of settings in the README.
//
// Promise: a Settings that exists is complete and within its ranges; everything wrong with the
// sources was said at once when it could not be made. Threads: immutable after load; shared as
// shared_ptr<const Settings>, replaced as a whole on reload.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/host.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mre::config {

enum class AuditMode { off, on, required };

// A plugin that was asked for, in listing order.
struct PluginRequest {
  std::string name;   // <NAME> of its variables, lower case: "sftp"; the file's stem
  std::string path;   // absolute
  std::string sha256; // lower-case hex, or empty
  bool bundled = false;
};

// A bundled plugin that is off, and what it says of itself beside its file without being loaded.
struct AbsentPlugin {
  std::string name;
  std::string variable;           // that switches it on
  std::vector<std::string> tools; // from <name>.tools; empty when there is none
};

struct Settings {
  HostBookPtr hosts; // as read at load; live hosts come from HostSource

  std::chrono::seconds default_timeout{30};
  std::chrono::seconds max_timeout{300};
  std::size_t character_limit = 25000;
  std::uint64_t spool_limit_bytes = 67108864;
  std::uint64_t max_file_size_bytes = 10485760; // 0: no limit
  std::string transfer_root;                    // empty: anywhere

  std::vector<PluginRequest> plugins;
  std::vector<AbsentPlugin> absent_plugins;
  bool plugins_optional = false;
  std::vector<std::string> tools_deny;
  std::vector<std::string> tools_allow;
  bool read_only = false;

  LogLevel log_level = LogLevel::info;
  std::string state_dir; // may not exist yet; empty when neither MRE_STATE_DIR, XDG_STATE_HOME nor
                         // HOME is set
  AuditMode audit = AuditMode::on;

  // Every variable from the process environment and the settings file, for the plugins'
  // config_schema.
  std::map<std::string, std::string> variables;
  // Values that must never leave the process.
  std::vector<std::string> secrets;
  // Files that can never be the source of a transfer: keys, settings files, the host book.
  std::vector<std::string> protected_files;
  std::string settings_file;         // the one that was read, or empty
  std::vector<std::string> warnings; // said once at start on stderr
};

using SettingsPtr = std::shared_ptr<const Settings>;

// The hosts of this moment. Implemented by the configuration room; re-reads the host book when it
// changes.
class HostSource {
public:
  virtual ~HostSource() = default;
  virtual HostBookPtr hosts() = 0; // any thread; cheap
};

// The host a tool's optional `host` argument stands for: the named one; without a name `default`,
// else the only one. bad_argument lists the names, not_found names the nearest one. Never a guess.
Result<HostConfig> resolve_host(const HostBook &book, std::string_view name);

} // namespace mre::config
