// One container or machine as the cluster lists it, and finding it by number or name.
//
// Threads: pure functions on values.
#pragma once

#include <mre/plugin.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace proxmox {

enum class Kind { container, machine };

inline constexpr std::uint32_t kLowestId = 100;
inline constexpr std::uint32_t kHighestId = 999999999;

struct Guest {
  std::uint32_t id = 0;
  Kind kind = Kind::container;
  std::string name, node, status, lock;
  std::vector<std::string> tags;
  bool is_template = false;
};

const char *program_for(Kind kind); // "pct", "qm"
const char *api_word(Kind kind);    // "lxc", "qemu"
const char *noun(Kind kind);        // "container", "machine"
// "container 101 (web)"
std::string label(const Guest &guest);

// The digits of an id within its bounds, else 0.
std::uint32_t id_of(std::string_view text);
// By id, else by name. not_found, or conflict with the candidates when a name is ambiguous.
const Guest &find_guest(const std::vector<Guest> &guests, const std::string &id_or_name);

mre::json to_json(const Guest &guest);

} // namespace proxmox
