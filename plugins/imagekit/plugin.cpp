// The imagekit plugin: files between a client and the far side, over a relay both can reach.
//
// Threads: calls run side by side; what they share is the desk. Lifetime: the plugin's.
#include "background_sweep.hpp"
#include "imagekit_relay.hpp"
#include "kv_records.hpp"
#include "sweeper.hpp"
#include "tools.hpp"

#include <mre/plugin.hpp>
#include <mre/version.h>

#include <ctime>

namespace {

imagekit::Engine make_engine(const mre::json &config) {
  auto settings = std::make_shared<const imagekit::Settings>(imagekit::read_settings(config));
  return {settings->transfer_timeout, std::make_shared<imagekit::ImageKitRelay>(settings)};
}

class ImageKitPlugin {
public:
  static mre::About about() {
    mre::About about;
    about.id = "imagekit";
    about.version = MRE_VERSION_STRING;
    about.title = "Transfers over ImageKit";
    about.needs = {MRE_SFTP, MRE_HOSTS, MRE_CONFIG, MRE_KV, MRE_LOG, MRE_TIMER, MRE_JOB, MRE_CLI};
    about.config_schema = imagekit::config_schema();
    about.max_calls = 64; // each may hold two connections and wait for minutes
    return about;
  }

  ImageKitPlugin(mre::Host host, const mre::json &config)
      : records_(host),
        desk_(host, records_, [] { return static_cast<std::int64_t>(std::time(nullptr)); }),
        background_(desk_, records_) {
    desk_.set_engine(make_engine(config));
  }

  void declare(mre::Registry &registry) {
    registry.tool(imagekit::request_upload_tool(desk_));
    registry.tool(imagekit::confirm_upload_tool(desk_));
    registry.tool(imagekit::request_download_tool(desk_));
    registry.tool(imagekit::confirm_download_tool(desk_));
    registry.subcommand(imagekit::sweep_command(desk_));
    background_.start();
    const char *reason = "with the imagekit plugin on, this server's own files mean nothing to the "
                         "client";
    for (const char *name : {"ssh_upload_file", "proxmox_upload_file_to_container"}) {
      registry.suppress(name, reason, "imagekit_request_upload", mre::Need::optional);
    }
    for (const char *name : {"ssh_download_file", "proxmox_download_file_from_container"}) {
      registry.suppress(name, reason, "imagekit_request_download", mre::Need::optional);
    }
  }

  void reconfigure(const mre::json &config) { desk_.set_engine(make_engine(config)); }
  void stop() { desk_.stop.raise(); }

private:
  imagekit::KvRecords records_;
  imagekit::Desk desk_;
  imagekit::BackgroundSweep background_;
};

} // namespace

MRE_PLUGIN(ImageKitPlugin)
