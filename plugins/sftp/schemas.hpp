// The pieces the tools' schemas are made of. Every client pays for each word of them in every
// conversation, so they are short.
//
// Threads: pure functions.
#pragma once

#include <mre/plugin.hpp>

#include <initializer_list>
#include <string>

namespace sftp {

mre::Schema text(const char *description = nullptr);
mre::Schema path();                                  // a text that is not empty
mre::Schema flag(const char *description = nullptr); // false by default
mre::Schema count();                                 // 0 or more
mre::Schema permissions();
mre::Schema verify();

mre::Schema input(std::initializer_list<const char *> required, mre::Schema properties);
// Also admits the form a failure has: {"error": …} beside what is known.
mre::Schema output(std::initializer_list<const char *> required, mre::Schema properties);
// What an upload and a download both tell; permissions are those of the remote file.
mre::Schema transfer_output();

} // namespace sftp
