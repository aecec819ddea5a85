// See owner.hpp.
#include "owner.hpp"

#include "crypto.hpp"
#include "encoding.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <vector>

namespace imagekit {

namespace {

std::string first_line(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string process_namespace() {
  std::array<char, 64> name{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", name.data(), name.size());
  return length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : "unknown";
}

// Field 22 of proc(5)'s stat, counted behind the name, which may hold anything but ends at the last
// parenthesis. Empty when there is no such process.
std::string start_of(const std::string &pid) {
  constexpr int kFieldsBefore = 19;
  const std::string line = first_line("/proc/" + pid + "/stat");
  const std::size_t end_of_name = line.rfind(") ");
  if (end_of_name == std::string::npos) {
    return {};
  }
  std::istringstream fields(line.substr(end_of_name + 2));
  std::string field;
  for (int at = 0; at <= kFieldsBefore; ++at) {
    fields >> field;
  }
  return field;
}

std::string view_of_processes() {
  return first_line("/proc/sys/kernel/random/boot_id") + "/" + process_namespace();
}

std::vector<std::string> split(const std::string &text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, '/');) {
    parts.push_back(part);
  }
  return parts;
}

} // namespace

std::string make_owner() {
  const std::string pid = std::to_string(::getpid());
  return view_of_processes() + "/" + pid + "/" + start_of(pid) + "/" + to_hex(random_bytes(8));
}

OwnerIs state_of_owner(const std::string &owner) {
  const auto parts = split(owner);
  if (parts.size() != 5 || parts[0] + "/" + parts[1] != view_of_processes()) {
    return OwnerIs::unknown;
  }
  return start_of(parts[2]) == parts[3] ? OwnerIs::alive : OwnerIs::gone;
}

} // namespace imagekit
