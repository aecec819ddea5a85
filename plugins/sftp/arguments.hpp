// Reading arguments and saying results: the words of mre/cpp/arguments.hpp without their prefix.
#pragma once

#include <mre/plugin.hpp>

namespace sftp {

using mre::count_of;
using mre::flag_of;
using mre::octal_digits;
using mre::permissions_of;
using mre::size_text;
using mre::Stopwatch;
using mre::text_of;
using mre::verified_word;
using mre::verify_of;

} // namespace sftp
