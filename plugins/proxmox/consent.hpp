// Consent to what destroys or overwrites.
//
// Threads: a call's own.
#pragma once

#include <mre/plugin.hpp>

#include <string>

namespace proxmox {

// Returns when `confirm` is true or the person says yes; otherwise throws denied. what names the
// thing and what is lost: "destroy container 101 (web) on pve1". Before the first effect: the call
// is run again with the answer.
void need_consent(const mre::json &arguments, const mre::Call &call, const std::string &what);

} // namespace proxmox
