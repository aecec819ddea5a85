// Reading arguments and describing them: what the four tools share.
//
// Promise: a bad argument is an Error with its JSON pointer and what was expected. Threads: pure
// functions.
#pragma once

#include "transfer.hpp"

#include <mre/cpp/permissions.hpp>

#include <initializer_list>

namespace imagekit {

// remote_path, host and ctid; the host is resolved to its name.
FarFile far_file_of(mre::Host host, const mre::json &arguments);
using mre::octal_digits;
using mre::permissions_of;
std::optional<std::uint64_t> size_of(const mre::json &arguments);
std::optional<std::string> sha256_of(const mre::json &arguments); // lower case

// "10485760 bytes (10.5 MB)", with MB as the service's plans count them.
std::string size_text(std::uint64_t bytes);

mre::Schema input(std::initializer_list<const char *> required, mre::Schema properties);
// Also admits the form a failure has: {"error": …} beside what is known.
mre::Schema output(std::initializer_list<const char *> required, mre::Schema properties);
mre::Schema text();
mre::Schema text_or_null();
mre::Schema count();
mre::Schema far_path();
mre::Schema container_id();
mre::Schema transfer_id();

} // namespace imagekit
