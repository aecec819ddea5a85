// See arguments.hpp.
#include "arguments.hpp"

#include <algorithm>
#include <cctype>

namespace imagekit {

FarFile far_file_of(mre::Host host, const mre::json &arguments) {
  FarFile file;
  file.path = arguments.at("remote_path");
  if (file.path.find('\0') != std::string::npos) {
    throw mre::Error(MRE_BAD_ARGUMENT, "/remote_path: a path holds no NUL", "leave it out");
  }
  if (mre::is_given(arguments, "ctid")) {
    file.ctid = arguments.at("ctid").get<std::uint32_t>();
    if (file.path.front() != '/') {
      throw mre::Error(MRE_BAD_ARGUMENT,
                       "/remote_path: " + file.path + " is not absolute, as in a container it must",
                       "begin it with /");
    }
  }
  file.host = mre::Hosts(host).resolve(mre::text_of(arguments, "host")).name;
  return file;
}

std::optional<std::uint64_t> size_of(const mre::json &arguments) {
  return mre::is_given(arguments, "size") ? std::optional(arguments.at("size").get<std::uint64_t>())
                                          : std::nullopt;
}

std::optional<std::string> sha256_of(const mre::json &arguments) {
  if (!mre::is_given(arguments, "sha256")) {
    return std::nullopt;
  }
  std::string digest = arguments.at("sha256");
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return digest;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMega = 1000000;
  return mre::size_text(bytes, kMega);
}

mre::Schema container_id() {
  // Proxmox VE's own range of guest ids.
  return described(or_null(integer(100, 999999999)), "the file is in this container");
}

mre::Schema transfer_id() {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}};
}

} // namespace imagekit
