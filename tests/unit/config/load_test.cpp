#include "core/config/load.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/scratch.hpp"

#include <sys/stat.h>

#include <algorithm>

using namespace mre;
using namespace mre::config;
using mre::test::Scratch;

namespace {

using Variables = std::map<std::string, std::string>;

// A home of its own for each test: nothing of the machine that runs it can leak in.
struct Machine {
  Scratch scratch;
  LoadRequest request;

  Machine() {
    request.environment = {{"HOME", scratch / "home"}};
    request.working_directory = scratch / "work";
    request.executable_directory = scratch / "prefix/bin";
    std::filesystem::create_directories(request.working_directory);
    std::filesystem::create_directories(scratch / "home");
  }
  void set(const Variables &variables) {
    for (const auto &[name, value] : variables) {
      request.environment[name] = value;
    }
  }
  void set_minimum() {
    set({{"I_ACCEPT_RISKS", "true"},
         {"HOST", "server.example"},
         {"SSH_PASSWORD", "hunter2hunter2"}});
  }
};

bool says(const std::vector<std::string> &list, const std::string &part) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string &text) { return text.find(part) != std::string::npos; });
}

std::string joined(const std::vector<std::string> &list) {
  std::string text;
  for (const std::string &item : list) {
    text += item + "\n";
  }
  return text;
}

} // namespace

TEST_CASE("the smallest configuration gives the documented defaults") {
  Machine machine;
  machine.set_minimum();
  const LoadResult result = load(machine.request);
  INFO(joined(result.complaints));
  REQUIRE(result.complaints.empty());
  const Settings &settings = *result.settings;
  CHECK(settings.default_timeout.count() == 30);
  CHECK(settings.max_timeout.count() == 300);
  CHECK(settings.character_limit == 25000);
  CHECK(settings.spool_limit_bytes == 67108864);
  CHECK(settings.max_file_size_bytes == 10485760);
  CHECK(settings.audit == AuditMode::on);
  CHECK(settings.log_level == LogLevel::info);
  CHECK(settings.state_dir == machine.scratch / "home/.local/state/mcp-remote-exec");
  CHECK(settings.warnings.empty());
  REQUIRE(settings.plugins.size() == 1);
  CHECK(settings.plugins[0].name == "sftp");
  CHECK(settings.plugins[0].bundled);
  CHECK(settings.plugins[0].path == machine.scratch / "prefix/lib/mcp-remote-exec/plugins/sftp.so");
  const HostConfig &host = settings.hosts->hosts.at("default");
  CHECK(host.address == "server.example");
  CHECK(host.port == 22);
  CHECK(host.user == "root");
  CHECK(host.unknown_host_key == UnknownHostKey::refuse);
  CHECK(host.known_hosts_files.front() == machine.scratch / "home/.ssh/known_hosts");
  CHECK(host.login_order ==
        std::vector<LoginMethod>{LoginMethod::password, LoginMethod::keyboard_interactive});
  CHECK(settings.secrets == std::vector<std::string>{"hunter2hunter2"});
}

TEST_CASE("each wrong variable is complained about by name, value and what is accepted") {
  struct Row {
    Variables variables;
    std::string complaint;
  };
  const Row table[] = {
      {{{"I_ACCEPT_RISKS", "yes"}}, "I_ACCEPT_RISKS is \"yes\"; expected the word true"},
      {{{"I_ACCEPT_RISKS", ""}}, "I_ACCEPT_RISKS is not set; expected the word true"},
      {{{"SSH_PORT", "0"}}, "SSH_PORT is \"0\"; expected a whole number from 1 to 65535"},
      {{{"SSH_PORT", "22x"}}, "SSH_PORT is \"22x\"; expected a whole number"},
      {{{"SSH_PORT", "99999999999999999999"}}, "SSH_PORT is \"99999999999999999999\""},
      {{{"TIMEOUT", "-1"}}, "TIMEOUT is \"-1\"; expected a whole number from 1 to 86400 (seconds)"},
      {{{"TIMEOUT", "301"}}, "TIMEOUT is 301, above MAX_TIMEOUT, which is 300 by default"},
      {{{"MAX_TIMEOUT", "10"}}, "TIMEOUT is 30 by default, above MAX_TIMEOUT, which is 10"},
      {{{"MAX_TIMEOUT", "86401"}}, "MAX_TIMEOUT is \"86401\""},
      {{{"SSH_CONNECT_TIMEOUT", "301"}}, "from 1 to 300"},
      {{{"CHARACTER_LIMIT", "999"}},
       "CHARACTER_LIMIT is \"999\"; expected a whole number from 1000 to 10000000"},
      {{{"MAX_FILE_SIZE", "1.5"}}, "MAX_FILE_SIZE is \"1.5\""},
      {{{"MRE_SPOOL_LIMIT", "1"}}, "MRE_SPOOL_LIMIT is \"1\""},
      {{{"MRE_IDLE_TIMEOUT", "0"}}, "MRE_IDLE_TIMEOUT is \"0\""},
      {{{"MRE_READ_ONLY", "maybe"}}, "MRE_READ_ONLY is \"maybe\"; expected true or false"},
      {{{"MRE_PLUGINS_OPTIONAL", "2"}}, "MRE_PLUGINS_OPTIONAL is \"2\""},
      {{{"ENABLE_SFTP", "ja"}}, "ENABLE_SFTP is \"ja\"; expected true or false"},
      {{{"SSH_STRICT_HOST_KEY_CHECKING", "ask"}},
       "SSH_STRICT_HOST_KEY_CHECKING is \"ask\"; expected true, false, accept-new"},
      {{{"MRE_LOG", "loud"}}, "MRE_LOG is \"loud\"; expected error, warn, info, debug or trace"},
      {{{"MRE_AUDIT", "maybe"}}, "MRE_AUDIT is \"maybe\"; expected on, off or required"},
      {{{"TRANSFER_ROOT", "/does/not/exist"}},
       "TRANSFER_ROOT is \"/does/not/exist\"; expected the path of a folder that exists"},
      {{{"MRE_STATE_DIR", "relative"}},
       "MRE_STATE_DIR is \"relative\"; expected the absolute path"},
      {{{"MRE_TOOLS_DENY", "a,*"}}, "MRE_TOOLS_DENY has \"*\""},
      {{{"MRE_TOOLS_ALLOW", "sftp:"}}, "MRE_TOOLS_ALLOW has \"sftp:\""},
      {{{"HOST", "root@server"}},
       "HOST is \"root@server\"; expected the host alone; the user goes into SSH_USERNAME"},
      {{{"HOST", "server:22"}}, "the port goes into SSH_PORT"},
      {{{"HOST", "-oProxyCommand=x"}}, "HOST is \"-oProxyCommand=x\"; expected a DNS name"},
      {{{"HOST", "${HOST}"}}, "HOST still holds the placeholder ${HOST}"},
      {{{"SSH_PASSWORD", "${PASS}"}}, "SSH_PASSWORD still holds the placeholder ${PASS}"},
      {{{"MRE_LOG", "${LEVEL:-info}"}}, "MRE_LOG still holds the placeholder ${LEVEL}"},
      {{{"SSH_KEY", "/does/not/exist"}},
       "SSH_KEY is \"/does/not/exist\": cannot read /does/not/exist"},
      {{{"MRE_HOSTS", "/does/not/exist"}}, "MRE_HOSTS: cannot read /does/not/exist"},
      {{{"MRE_ENV_FILE", "/does/not/exist"}},
       "the settings file that MRE_ENV_FILE names: cannot read"},
      {{{"MRE_SSH_CONFIG", "/does/not/exist"}},
       "MRE_SSH_CONFIG: there is no file \"/does/not/exist\""},
      {{{"MRE_PLUGINS", "plugins/x.so"}}, "MRE_PLUGINS names \"plugins/x.so\", which is relative"},
      {{{"MRE_PLUGINS", "sftp"}, {"ENABLE_SFTP", "false"}},
       "MRE_PLUGINS names \"sftp\", and ENABLE_SFTP switches it off"},
      {{{"MRE_PLUGINS", "/opt/a-b.so:/opt/a_b.so"}}, "are both called \"a_b\""},
      {{{"MRE_PLUGINS", "/opt/sftp.so"}}, "are both called \"sftp\"; set ENABLE_SFTP=false"},
      {{{"MRE_PLUGIN_SFTP_SHA256", "abc"}},
       "MRE_PLUGIN_SFTP_SHA256 is \"abc\"; expected a SHA-256 digest"},
  };
  for (const Row &row : table) {
    Machine machine;
    machine.set_minimum();
    machine.set(row.variables);
    const LoadResult result = load(machine.request);
    INFO(row.complaint + "\n--- said:\n" + joined(result.complaints));
    REQUIRE(result.settings != nullptr);
    CHECK(result.complaints.size() == 1);
    CHECK(says(result.complaints, row.complaint));
    CHECK_FALSE(says(result.complaints, "hunter2"));
  }
}

TEST_CASE("everything that is wrong is said at once") {
  Machine machine;
  machine.set({{"SSH_PORT", "x"}, {"TIMEOUT", "x"}, {"ENABLE_SFTP", "x"}, {"MRE_LOG", "x"}});
  const LoadResult result = load(machine.request);
  INFO(joined(result.complaints));
  CHECK(result.complaints.size() == 6); // and no consent, and no host
}

TEST_CASE("a host that still is a placeholder hides nothing that is wrong with its login") {
  Machine machine;
  machine.set({{"HOST", "${MY_HOST}"}, {"SSH_KEY", "/no/such/key"}, {"I_ACCEPT_RISKS", "true"}});
  const LoadResult result = load(machine.request);
  INFO(joined(result.complaints));
  CHECK(says(result.complaints, "MY_HOST"));
  CHECK(says(result.complaints, "/no/such/key"));
  CHECK(result.complaints.size() == 2);
}

TEST_CASE("a start without any credential is refused, and one with a default key is not") {
  Machine machine;
  machine.set({{"I_ACCEPT_RISKS", "TRUE"}, {"HOST", "::1"}});
  CHECK(says(load(machine.request).complaints, "no authentication configured"));
  const std::string key = machine.scratch.write("home/.ssh/id_rsa", "key");
  const LoadResult result = load(machine.request);
  INFO(joined(result.complaints));
  REQUIRE(result.complaints.empty());
  CHECK(result.settings->hosts->hosts.at("default").key_files == std::vector<std::string>{key});
  CHECK(says(result.settings->protected_files, key));
}

TEST_CASE("default keys are not used beside a configured credential, and the key comes before the "
          "password") {
  Machine machine;
  machine.set_minimum();
  machine.scratch.write("home/.ssh/id_rsa", "key");
  CHECK(load(machine.request).settings->hosts->hosts.at("default").key_files.empty());
  const std::string key = machine.scratch.write("home/my-key", "key");
  machine.set({{"SSH_KEY", "~/my-key"}, {"SSH_KEY_PASSPHRASE", "open sesame"}});
  const LoadResult result = load(machine.request);
  REQUIRE(result.complaints.empty());
  const HostConfig &host = result.settings->hosts->hosts.at("default");
  CHECK(host.key_files == std::vector<std::string>{key});
  CHECK(host.login_order.front() == LoginMethod::key);
  CHECK(host.login_order.size() == 3);
  CHECK(result.settings->secrets.size() == 2);
}

TEST_CASE("a key pasted into SSH_KEY is refused without being shown") {
  Machine machine;
  machine.set_minimum();
  machine.set({{"SSH_KEY", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"}});
  const LoadResult result = load(machine.request);
  CHECK(says(result.complaints, "SSH_KEY holds a key itself"));
  CHECK_FALSE(says(result.complaints, "AAAA"));
}

TEST_CASE("SSH_HOST wins over HOST, and the environment over the file, where empty is unset") {
  Machine machine;
  machine.set_minimum();
  machine.set({{"SSH_HOST", "wins.example"}, {"SSH_PORT", ""}, {"SSH_USERNAME", "fromenv"}});
  machine.scratch.write("work/.env", "SSH_PORT=2222\nSSH_USERNAME=fromfile\n");
  const LoadResult result = load(machine.request);
  const HostConfig &host = result.settings->hosts->hosts.at("default");
  CHECK(host.address == "wins.example");
  CHECK(host.port == 2222);
  CHECK(host.user == "fromenv");
  CHECK(result.settings->variables.at("SSH_PORT") == "2222");
}

TEST_CASE("exactly one settings file is read, in the documented order") {
  Machine machine;
  machine.set_minimum();
  machine.scratch.write("home/.config/mcp-remote-exec/env", "TIMEOUT=1\n");
  CHECK(load(machine.request).settings->default_timeout.count() == 1);
  machine.scratch.write("work/.env", "SSH_PORT=2\n");
  LoadResult result = load(machine.request);
  CHECK(result.settings->default_timeout.count() == 30); // they do not stack
  CHECK(result.settings->settings_file == machine.scratch / "work/.env");
  CHECK(says(result.settings->protected_files, "/home/.config/mcp-remote-exec/env"));
  machine.set({{"MRE_ENV_FILE", machine.scratch.write("named", "TIMEOUT=3\n")}});
  CHECK(load(machine.request).settings->default_timeout.count() == 3);
  machine.scratch.write("work/other", "TIMEOUT=four\n");
  machine.request.env_file = "other";
  result = load(machine.request);
  REQUIRE(result.complaints.size() == 1);
  CHECK(result.complaints[0].rfind(
            "TIMEOUT (in " + machine.scratch.path() + "/work/other) is \"four\"", 0) == 0);
}

TEST_CASE("a folder called .env is no settings file") {
  Machine machine;
  machine.set_minimum();
  std::filesystem::create_directories(machine.scratch / "work/.env");
  CHECK(load(machine.request).complaints.empty());
}

TEST_CASE("a .env that others can write cannot load code or lower a guard") {
  Machine machine;
  machine.set_minimum();
  const std::string file = machine.scratch.write(
      "work/.env",
      "MRE_PLUGINS=/tmp/evil.so\nMRE_PLUGIN_DIR=/tmp\nMRE_TOOLS_ALLOW=ssh_exec_command\n"
      "SSH_STRICT_HOST_KEY_CHECKING=accept-new\nTIMEOUT=7\n");
  const LoadResult trusted = load(machine.request);
  CHECK(trusted.settings->plugins.size() == 2);
  CHECK(trusted.settings->warnings.empty());
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  const LoadResult result = load(machine.request);
  INFO(joined(result.settings->warnings));
  REQUIRE(result.complaints.empty());
  REQUIRE(result.settings->plugins.size() == 1);
  CHECK(result.settings->plugins[0].path ==
        machine.scratch / "prefix/lib/mcp-remote-exec/plugins/sftp.so");
  CHECK(result.settings->tools_allow.empty());
  CHECK(result.settings->hosts->hosts.at("default").unknown_host_key == UnknownHostKey::refuse);
  CHECK(result.settings->variables.count("MRE_PLUGINS") == 0);
  CHECK(result.settings->default_timeout.count() == 7); // the rest still counts
  CHECK(result.settings->warnings.size() == 4);
  machine.request.env_file = file; // named: the operator's own choice
  CHECK(load(machine.request).settings->plugins.size() == 2);
}

TEST_CASE("plugins come in order, each once, with their digests") {
  Machine machine;
  machine.set_minimum();
  const std::string digest(64, 'A');
  machine.set({{"ENABLE_IMAGEKIT", "on"},
               {"ENABLE_PROXMOX", "1"},
               {"MRE_PLUGINS", "/opt/x/my-plugin.so:proxmox::shell:/opt/x/my-plugin.so"},
               {"MRE_PLUGIN_MY_PLUGIN_SHA256", digest}});
  const LoadResult result = load(machine.request);
  INFO(joined(result.complaints));
  REQUIRE(result.complaints.empty());
  std::vector<std::string> names;
  for (const PluginRequest &plugin : result.settings->plugins) {
    names.push_back(plugin.name);
  }
  CHECK(names == std::vector<std::string>{"sftp", "proxmox", "imagekit", "my_plugin", "shell"});
  CHECK(result.settings->plugins[3].sha256 == std::string(64, 'a'));
  CHECK_FALSE(result.settings->plugins[3].bundled);
  CHECK(result.settings->plugins[4].bundled);
}

TEST_CASE("a digest that is none pins the plugin all the same, so that no file fits it") {
  Machine machine;
  machine.set_minimum();
  machine.set({{"MRE_PLUGINS", "/opt/acme.so"}, {"MRE_PLUGIN_ACME_SHA256", "abc"}});
  const LoadResult result = load(machine.request);
  CHECK(result.complaints.size() == 1);
  REQUIRE(result.settings->plugins.size() == 2);
  CHECK(result.settings->plugins[1].sha256 == "abc");
}

TEST_CASE("unknown variables are warned about with the nearest known one, foreign ones are not") {
  Machine machine;
  machine.set_minimum();
  machine.set({{"MRE_TOOL_DENY", "x"},
               {"ENABLE_PROXMXO", "true"},
               {"EDITOR", "vi"},
               {"PS1", "${debian_chroot}"},
               {"MRE_PLUGINS", "/opt/acme.so"},
               {"MRE_ACME_URL", "x"},
               {"MRE_PLUGIN_GONE_SHA256", std::string(64, '0')}});
  machine.scratch.write("work/.env", "SSH_PASWORD=hunter3hunter3\n");
  const LoadResult result = load(machine.request);
  const auto &warnings = result.settings->warnings;
  INFO(joined(warnings));
  CHECK(result.complaints.empty());
  CHECK(warnings.size() == 4);
  CHECK(
      says(warnings, "MRE_TOOL_DENY is no variable of this program; did you mean MRE_TOOLS_DENY?"));
  CHECK(says(warnings,
             "ENABLE_PROXMXO switches no plugin that is here; did you mean ENABLE_PROXMOX?"));
  CHECK(says(warnings, "did you mean SSH_PASSWORD?"));
  CHECK(says(warnings, "MRE_PLUGIN_GONE_SHA256 belongs to no plugin that is on"));
  CHECK_FALSE(says(warnings, "hunter3"));
}

TEST_CASE("without HOME and XDG folders only MRE_STATE_DIR gives a place for state") {
  Machine machine;
  machine.set_minimum();
  machine.request.environment.erase("HOME");
  CHECK(load(machine.request).settings->state_dir.empty());
  machine.set({{"MRE_AUDIT", "required"}});
  CHECK(says(load(machine.request).complaints, "there is no place for the audit"));
  machine.set({{"MRE_STATE_DIR", "/var/lib/mre"}});
  const LoadResult result = load(machine.request);
  CHECK(result.complaints.empty());
  CHECK(result.settings->state_dir == "/var/lib/mre");
}

TEST_CASE("host keys that are accepted need a place where they are recorded") {
  Machine machine;
  machine.set_minimum();
  machine.set({{"SSH_STRICT_HOST_KEY_CHECKING", "accept-new"}});
  CHECK(load(machine.request).settings->hosts->hosts.at("default").unknown_host_key ==
        UnknownHostKey::accept_and_record);
  machine.request.environment.erase("HOME");
  CHECK(says(load(machine.request).complaints, "set SSH_KNOWN_HOSTS to a file"));
}
