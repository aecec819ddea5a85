// See arguments.hpp.
#include "arguments.hpp"

#include "guest.hpp"

#include <algorithm>

namespace proxmox {

std::uint32_t ctid_of(const mre::json &arguments) {
  return arguments.at("ctid").get<std::uint32_t>();
}

std::string guest_of(const mre::json &arguments) {
  const auto ctid = arguments.find("ctid");
  const auto guest = arguments.find("guest");
  const bool has_ctid = ctid != arguments.end();
  const bool has_guest = guest != arguments.end();
  if (has_ctid == has_guest) {
    throw mre::Error(MRE_BAD_ARGUMENT,
                     has_ctid ? "/guest: ctid and guest name one guest twice"
                              : "/guest: which guest?",
                     "give guest (a number or a name) or ctid");
  }
  const mre::json &value = has_ctid ? *ctid : *guest;
  std::string text =
      value.is_string() ? value.get<std::string>() : std::to_string(value.get<std::int64_t>());
  if (text.empty()) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/guest: expected a number or a name, got an empty one",
                     "proxmox_list_guests shows numbers and names");
  }
  if (value.is_number() && id_of(text) == 0) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/guest: " + text + " is no guest's number",
                     "100 to 999999999, or a name");
  }
  return text;
}

std::chrono::seconds wait_of(const mre::json &arguments) {
  constexpr std::int64_t kWait = 30;
  return std::chrono::seconds(mre::argument_or(arguments, "wait", kWait));
}

std::string container_path_of(const mre::json &arguments) {
  std::string path = text_of(arguments, "container_path");
  if (!mre::is_quotable(path)) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/container_path: no path holds a NUL byte");
  }
  if (path.empty() || path.front() != '/') {
    throw mre::Error(MRE_BAD_ARGUMENT, "/container_path: expected an absolute path",
                     "begin with /: a container has no folder to start from");
  }
  return path;
}

std::string plain_word(const mre::json &arguments, const char *name) {
  std::string word = text_of(arguments, name);
  const bool has_control = std::any_of(word.begin(), word.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20U || c == 0x7F;
  });
  if (has_control || word.substr(0, 1) == "-") {
    throw mre::Error(MRE_BAD_ARGUMENT,
                     std::string("/") + name +
                         ": must not begin with a dash or hold control characters");
  }
  return word;
}

} // namespace proxmox
