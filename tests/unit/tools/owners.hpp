// The owners that ship with the server, reduced to what resolve() looks at, and helpers to read its
// answer.
#pragma once

#include "core/tools/resolve.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <vector>

namespace mre::test {

inline tools::ToolDeclaration tool(std::string name, bool read_only = false) {
  tools::ToolDeclaration declaration;
  declaration.name = std::move(name);
  declaration.input_schema = R"({"type":"object"})";
  declaration.promises.read_only = read_only;
  return declaration;
}

inline tools::OwnerDeclaration owner(std::string id, std::initializer_list<const char *> names,
                                     std::vector<tools::Suppression> suppressions = {}) {
  tools::OwnerDeclaration declaration;
  declaration.owner = std::move(id);
  declaration.version = "1.0";
  for (const char *name : names) {
    declaration.tools.push_back(tool(name));
  }
  declaration.suppressions = std::move(suppressions);
  return declaration;
}

inline tools::Suppression hide(std::string selector, std::string reason = "because",
                               std::string instead = {}, bool required = false) {
  return {std::move(selector), std::move(reason), std::move(instead), required};
}

inline tools::OwnerDeclaration core_owner() {
  return owner("core", {"ssh_exec_command", "ssh_read_output", "ssh_list_hosts"});
}
inline tools::OwnerDeclaration sftp_owner() {
  return owner("sftp", {"ssh_upload_file", "ssh_download_file", "ssh_read_file", "ssh_write_file",
                        "ssh_list_directory"});
}
inline tools::OwnerDeclaration proxmox_owner() {
  return owner("proxmox",
               {"proxmox_list_containers", "proxmox_container_status", "proxmox_start_container",
                "proxmox_stop_container", "proxmox_container_exec_command",
                "proxmox_upload_file_to_container", "proxmox_download_file_from_container"});
}
inline tools::OwnerDeclaration imagekit_owner() {
  const std::string reason = "transfers go through the media store";
  return owner("imagekit",
               {"imagekit_request_upload", "imagekit_confirm_upload", "imagekit_request_download",
                "imagekit_confirm_download"},
               {hide("ssh_upload_file", reason, "imagekit_request_upload"),
                hide("ssh_download_file", reason, "imagekit_request_download"),
                hide("proxmox_upload_file_to_container", reason, "imagekit_request_upload"),
                hide("proxmox_download_file_from_container", reason, "imagekit_request_download")});
}

inline std::set<std::string> visible(const tools::Resolution &resolution) {
  std::set<std::string> names;
  for (const auto &entry : resolution.tools) {
    if (entry.state == tools::Visibility::visible) {
      names.insert(entry.name);
    }
  }
  return names;
}

inline const tools::ResolvedTool *find(const tools::Resolution &resolution,
                                       const std::string &owner_id, const std::string &name) {
  for (const auto &entry : resolution.tools) {
    if (entry.owner == owner_id && entry.name == name) {
      return &entry;
    }
  }
  return nullptr;
}

inline std::set<std::string> refused(const tools::Resolution &resolution) {
  std::set<std::string> ids;
  for (const auto &entry : resolution.refused) {
    ids.insert(entry.owner);
  }
  return ids;
}

inline std::string reason_of(const tools::Resolution &resolution, const std::string &id) {
  for (const auto &entry : resolution.refused) {
    if (entry.owner == id) {
      return entry.reason;
    }
  }
  return {};
}

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace mre::test
