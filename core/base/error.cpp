#include "core/base/error.hpp"

#include <array>
#include <cerrno>
#include <system_error>

namespace mre {

Error Error::within(std::string_view context) const {
  return Error{code, std::string(context) + ": " + message, hint};
}

std::string_view to_word(Errc code) {
  switch (code) {
  case Errc::internal:
    return "internal";
  case Errc::bad_argument:
    return "bad_argument";
  case Errc::not_found:
    return "not_found";
  case Errc::already_exists:
    return "already_exists";
  case Errc::denied:
    return "denied";
  case Errc::unreachable:
    return "unreachable";
  case Errc::host_key_unknown:
    return "host_key_unknown";
  case Errc::host_key_changed:
    return "host_key_changed";
  case Errc::host_key_revoked:
    return "host_key_revoked";
  case Errc::auth_failed:
    return "auth_failed";
  case Errc::timed_out:
    return "timed_out";
  case Errc::cancelled:
    return "cancelled";
  case Errc::too_large:
    return "too_large";
  case Errc::lost:
    return "lost";
  case Errc::conflict:
    return "conflict";
  case Errc::limit:
    return "limit";
  case Errc::remote_failed:
    return "remote_failed";
  case Errc::local_failed:
    return "local_failed";
  case Errc::unsupported:
    return "unsupported";
  case Errc::unavailable:
    return "unavailable";
  }
  return "internal";
}

Error error_from_errno(int number, std::string_view what) {
  Errc code = Errc::local_failed;
  if (number == EACCES || number == EPERM) {
    code = Errc::denied;
  } else if (number == ENOENT || number == ENOTDIR) {
    code = Errc::not_found;
  } else if (number == EEXIST) {
    code = Errc::already_exists;
  }
  // std::error_code::message is the thread-safe spelling of strerror.
  return Error{code,
               std::string(what) + ": " +
                   std::error_code(number, std::generic_category()).message(),
               {}};
}

} // namespace mre
