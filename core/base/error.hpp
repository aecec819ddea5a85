// The one failure type of the core, and the one vocabulary of failure codes.
//
// Promise: every failure that can reach a user is an Error: a code from Errc, a message that names
// the thing and the reason, and a hint that says what to do next. Neither ever holds a secret.
// Threads: values, no shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mre {

// Numbers are those of mre_status in the plugin ABI (mre/plugin.h), frozen there.
enum class Errc : std::int32_t {
  internal = 1,         // our own defect; everything below is not
  bad_argument = 2,     // the caller's input is wrong
  not_found = 3,        // the named thing does not exist
  already_exists = 4,   // it exists and overwriting was not asked for
  denied = 5,           // permission, policy or consent is missing
  unreachable = 6,      // no connection could be made
  host_key_unknown = 7, // the server's key is recorded nowhere
  host_key_changed = 8, // another key is recorded for this server
  host_key_revoked = 9, // the server's key is marked @revoked
  auth_failed = 10,     // the server refused every login method that is configured
  timed_out = 11,       // a time limit ran out
  cancelled = 12,       // the caller gave up
  too_large = 13,       // a size limit was met
  lost = 14,            // the connection died in the middle
  conflict = 15,        // the thing is in a state that does not allow it
  limit = 16,           // too many at once; try again later
  remote_failed = 17,   // the remote side refused, in its own words
  local_failed = 18,    // this machine's operating system refused, in its own words
  unsupported = 19,     // the other side cannot do this
  unavailable = 20,     // a service or plugin is not there now
};

struct Error {
  Errc code = Errc::internal;
  std::string message; // what failed, on what, why
  std::string hint;    // the next step; may be empty

  // The same error said from further out: "<context>: <message>".
  Error within(std::string_view context) const;
};

// The word used in `structuredContent.error.code` and at the head of an error text.
std::string_view to_word(Errc code);

// errno as a local failure: "cannot open /etc/x: Permission denied". EACCES and EPERM become
// denied, ENOENT not_found, EEXIST already_exists.
Error error_from_errno(int number, std::string_view what);

} // namespace mre
