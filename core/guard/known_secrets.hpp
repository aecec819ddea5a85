// What the settings know of secrets, handed to the redactor.
//
// Threads: as the redactor's add(). Lifetime: functions.
#pragma once

#include "core/config/host_book.hpp"
#include "core/config/settings.hpp"
#include "core/guard/redactor.hpp"

#include <string>
#include <vector>

namespace mre::guard {

// Adds every secret and the contents of every private key file. Returns what to say at start: how
// many secrets are too short to be searched for, if any.
std::vector<std::string> teach(Redactor &redactor, const config::Settings &settings);
// The same for a host book that was read again; too short ones were spoken of at start.
void teach(Redactor &redactor, const config::HostBookReading &reading);

} // namespace mre::guard
