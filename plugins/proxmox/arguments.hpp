// Reading the arguments that tools on guests share; the common words of mre/cpp/arguments.hpp come
// without their prefix.
//
// Promise: a bad argument is an Error with its JSON pointer and what was expected. Threads: pure
// functions.
#pragma once

#include <mre/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace proxmox {

using mre::flag_of;
using mre::octal_digits;
using mre::permissions_of;
using mre::size_text;
using mre::Stopwatch;
using mre::text_of;
using mre::verified_word;
using mre::verify_of;

std::uint32_t ctid_of(const mre::json &arguments);
// `ctid` or `guest`: an id or a name. Exactly one of them.
std::string guest_of(const mre::json &arguments);
std::chrono::seconds wait_of(const mre::json &arguments); // 30 s unless given
// An absolute path inside a container.
std::string container_path_of(const mre::json &arguments);

// A word that goes to a node's program as an option's value: no control characters, no leading
// dash.
std::string plain_word(const mre::json &arguments, const char *name);

} // namespace proxmox
