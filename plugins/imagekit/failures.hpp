// What an answer of ImageKit that is no success means to the caller.
//
// Threads: pure functions.
#pragma once

#include "http.hpp"

#include <string>

namespace imagekit {

// Reads the answer's body for ImageKit's own words. what: "list the folder /x".
mre::Error failure_of(HttpResponse &response, const std::string &what);

} // namespace imagekit
