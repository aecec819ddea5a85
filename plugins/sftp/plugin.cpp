// The sftp plugin: files on remote hosts, as tools.
//
// Threads: calls run side by side; nothing here has state. Lifetime: the plugin's.
#include "tools.hpp"

#include <mre/plugin.hpp>
#include <mre/version.h>

namespace {

class SftpPlugin {
public:
  static mre::About about() {
    mre::About about;
    about.id = "sftp";
    about.version = MRE_VERSION_STRING;
    about.title = "Files over SFTP";
    about.needs = {MRE_SFTP, MRE_LOCAL, MRE_HOSTS, MRE_CONFIG, MRE_SSH};
    about.max_calls = 256; // without state there is nothing to protect; the host has its own bound
    return about;
  }

  SftpPlugin(mre::Host host, const mre::json &) : host_(host) {}

  void declare(mre::Registry &registry) {
    registry.tool(sftp::upload_file_tool(host_));
    registry.tool(sftp::download_file_tool(host_));
    registry.tool(sftp::upload_directory_tool(host_));
    registry.tool(sftp::download_directory_tool(host_));
    registry.tool(sftp::read_file_tool(host_));
    registry.tool(sftp::write_file_tool(host_));
    registry.tool(sftp::list_directory_tool(host_));
  }

private:
  mre::Host host_;
};

} // namespace

MRE_PLUGIN(SftpPlugin)
