// See guest.hpp.
#include "guest.hpp"

namespace proxmox {

const char *program_for(Kind kind) {
  return kind == Kind::container ? "pct" : "qm";
}

const char *api_word(Kind kind) {
  return kind == Kind::container ? "lxc" : "qemu";
}

const char *noun(Kind kind) {
  return kind == Kind::container ? "container" : "machine";
}

std::string label(const Guest &guest) {
  return std::string(noun(guest.kind)) + " " + std::to_string(guest.id) +
         (guest.name.empty() ? "" : " (" + guest.name + ")");
}

std::uint32_t id_of(std::string_view text) {
  constexpr std::size_t kMostDigits = 9;
  if (text.empty() || text.size() > kMostDigits || text.front() == '0' ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return 0;
  }
  std::uint32_t id = 0;
  for (const char digit : text) {
    id = id * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return id >= kLowestId && id <= kHighestId ? id : 0;
}

const Guest &find_guest(const std::vector<Guest> &guests, const std::string &id_or_name) {
  const std::uint32_t id = id_of(id_or_name);
  std::vector<const Guest *> found;
  for (const Guest &guest : guests) {
    if (guest.id == id) {
      return guest;
    }
    if (guest.name == id_or_name) { // one of digits too, when no guest has that number
      found.push_back(&guest);
    }
  }
  if (found.empty()) {
    throw mre::Error(MRE_NOT_FOUND, "there is no guest " + id_or_name,
                     "proxmox_list_guests shows numbers and names");
  }
  if (found.size() > 1) {
    std::string candidates;
    for (const Guest *guest : found) {
      candidates += (candidates.empty() ? "" : ", ") + label(*guest) + " on " + guest->node;
    }
    throw mre::Error(MRE_CONFLICT, "the name " + id_or_name + " is not unique: " + candidates,
                     "give the number");
  }
  return *found.front();
}

mre::json to_json(const Guest &guest) {
  const auto or_null = [](const std::string &text) {
    return text.empty() ? mre::json() : mre::json(text);
  };
  return {{"id", guest.id},         {"type", noun(guest.kind)},     {"name", guest.name},
          {"status", guest.status}, {"lock", or_null(guest.lock)},  {"node", or_null(guest.node)},
          {"tags", guest.tags},     {"template", guest.is_template}};
}

} // namespace proxmox
