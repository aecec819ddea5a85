// The pieces the tools' schemas are made of. Every client pays for each word of them in every
// conversation, so they are short.
//
// Threads: pure functions.
#pragma once

#include <mre/plugin.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace proxmox {

mre::Schema text(const char *description = nullptr);
mre::Schema text_or_null();
mre::Schema path();                                  // a text that is not empty
mre::Schema flag(const char *description = nullptr); // false by default
mre::Schema count();                                 // 0 or more
mre::Schema one_of(const std::vector<std::string> &words);
mre::Schema ctid();
mre::Schema guest();
mre::Schema wait();
mre::Schema confirm();
mre::Schema permissions();
mre::Schema verify();
mre::Schema response_format();

mre::Schema input(std::initializer_list<const char *> required, mre::Schema properties);
// Also admits the form a failure has: {"error": …} beside what is known.
mre::Schema output(std::initializer_list<const char *> required, mre::Schema properties);
// What the tools that run a command take beside the guest, and what they give.
mre::Schema exec_properties(const mre::Limits &limits);
mre::Schema exec_output(const char *id_name);
// What an upload and a download both tell; permissions are those of the file in the container.
mre::Schema transfer_output();

} // namespace proxmox
