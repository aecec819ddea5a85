// Reading arguments and describing them: what the four tools share.
//
// Promise: a bad argument is an Error with its JSON pointer and what was expected. Threads: pure
// functions.
#pragma once

#include "transfer.hpp"

#include <mre/plugin.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace imagekit {

using namespace mre::schema; // what their schemas are made of
using mre::octal_digits;
using mre::permissions_of;

// remote_path, host and ctid; the host is resolved to its name.
FarFile far_file_of(mre::Host host, const mre::json &arguments);
std::optional<std::uint64_t> size_of(const mre::json &arguments);
std::optional<std::string> sha256_of(const mre::json &arguments); // lower case

// "10485760 bytes (10.5 MB)", with MB as the service's plans count them.
std::string size_text(std::uint64_t bytes);

mre::Schema container_id();
mre::Schema transfer_id();

} // namespace imagekit
