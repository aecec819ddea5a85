// mre.guest-files/1: the files of containers for other plugins.
//
// Threads: [call], concurrently. Lifetime: the plugin's; the table must outlive it.
#pragma once

#include "cluster.hpp"

#include <mre/ext/guest_files.h>
#include <mre/plugin.hpp>

namespace proxmox {

class GuestFilesService {
public:
  GuestFilesService(mre::Host host, Cluster &cluster);

  const mre_guest_files_api *table() const { return &table_; }

  void stat(mre_call *call, mre_guest_stat &parameters);
  void write(mre_call *call, mre_guest_write &parameters);
  void read(mre_call *call, mre_guest_read &parameters);

private:
  mre::Call call_of(mre_call *call) const;
  std::uint64_t limit_of(std::uint64_t max_bytes) const;

  mre::Host host_;
  Cluster &cluster_;
  mre_guest_files_api table_{};
};

} // namespace proxmox
