#include "core/config/host_entry.hpp"

#include "core/base/nearest.hpp"
#include "core/config/names.hpp"
#include "core/config/sources.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace mre::config {
namespace {

const std::vector<std::string> kKeys = {"host",           "port",         "user",    "key",
                                        "passphrase_env", "password_env", "auth",    "jump",
                                        "tags",           "description",  "enabled", "known_hosts"};

const std::vector<std::pair<std::string, LoginMethod>> kMethods = {
    {"key", LoginMethod::key},
    {"agent", LoginMethod::agent},
    {"password", LoginMethod::password},
    {"keyboard-interactive", LoginMethod::keyboard_interactive}};

class EntryReader {
public:
  EntryReader(const std::string &name, const Json &value, const HostBookInput &input)
      : path_("hosts." + name), value_(value), input_(input) {
    entry_.host = input.pattern;
    entry_.host.name = name;
  }

  HostEntry read() {
    if (!is_host_name(entry_.host.name)) {
      complain({}, "is no name for a host; use letters, digits and . _ - @ :, at most 128 of them");
    }
    if (!value_.is_object()) {
      complain({}, "expected an object with at least \"host\"");
      return std::move(entry_);
    }
    refuse_unknown_keys();
    entry_.is_enabled = boolean("enabled", true);
    read_address();
    read_words();
    if (entry_.is_enabled) {
      read_login();
    } else {
      read_secret("passphrase_env"); // for redaction only; what is missing for a disabled host does
                                     // not matter
      read_secret("password_env");
    }
    return std::move(entry_);
  }

private:
  void complain(const std::string &key, const std::string &what) {
    entry_.complaints.push_back(path_ + (key.empty() ? "" : "." + key) + " " + what);
  }

  void refuse_unknown_keys() {
    for (const auto &[key, value] : value_.items()) {
      if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
        const std::string near = nearest_name(key, kKeys);
        complain({}, "has the unknown key " + shown(key) +
                         (near.empty() ? "; known are " + one_of(kKeys)
                                       : "; did you mean " + shown(near) + "?"));
      }
    }
  }

  bool boolean(const std::string &key, bool fallback) {
    const Json *member = find_member(value_, key);
    if (member != nullptr && !member->is_boolean()) {
      complain(key, "is " + shown(dump_json(*member)) + "; expected true or false");
      return fallback;
    }
    return member == nullptr ? fallback : member->get<bool>();
  }

  // Nothing for a missing key and for one that was complained about.
  std::optional<std::string> text(const std::string &key) {
    const Json *member = find_member(value_, key);
    if (member == nullptr) {
      return std::nullopt;
    }
    if (!member->is_string() || member->get_ref<const std::string &>().empty()) {
      complain(key, "is " + shown(dump_json(*member)) + "; expected a text that is not empty");
      return std::nullopt;
    }
    const std::string value = member->get<std::string>();
    if (const std::string name = placeholder_in(value); !name.empty()) {
      complain(key,
               "still holds the placeholder ${" + name + "}; the host book is not interpolated");
      return std::nullopt;
    }
    return value;
  }

  std::vector<std::string> texts(const std::string &key) {
    std::vector<std::string> list;
    const Json *member = find_member(value_, key);
    if (member == nullptr) {
      return list;
    }
    const bool is_list =
        member->is_array() && std::all_of(member->begin(), member->end(), [](const Json &item) {
          return item.is_string() && !item.get_ref<const std::string &>().empty();
        });
    if (!is_list) {
      complain(key, "is " + shown(dump_json(*member)) + "; expected a list of texts");
      return list;
    }
    for (const Json &item : *member) {
      list.push_back(item.get<std::string>());
    }
    return list;
  }

  void read_address() {
    HostConfig &host = entry_.host;
    if (find_member(value_, "host") == nullptr) {
      complain({}, "has no \"host\"; expected a DNS name or an address");
    } else if (const auto address = text("host")) {
      host.address = without_brackets(*address);
      if (const std::string problem = address_problem(host.address); !problem.empty()) {
        complain("host", "is " + shown(*address) + ": " + problem);
      }
    }
    if (const Json *port = find_member(value_, "port")) {
      const bool is_valid = port->is_number_unsigned() && port->get<std::uint64_t>() >= 1 &&
                            port->get<std::uint64_t>() <= std::numeric_limits<std::uint16_t>::max();
      if (is_valid) {
        host.port = port->get<std::uint16_t>();
      } else {
        complain("port",
                 "is " + shown(dump_json(*port)) + "; expected a whole number from 1 to 65535");
      }
    }
    host.user = text("user").value_or(host.user);
  }

  void read_words() {
    HostConfig &host = entry_.host;
    host.description = text("description").value_or("");
    host.tags = texts("tags");
    const Json *jump = find_member(value_, "jump");
    if (jump != nullptr && jump->is_string()) {
      if (const auto name = text("jump")) {
        host.jumps = {*name};
      }
    } else {
      host.jumps = texts("jump");
    }
    if (const auto file = text("known_hosts")) {
      const std::string path =
          absolute_path(*file, input_.surroundings.home, input_.surroundings.base_directory);
      if (path.empty()) {
        complain("known_hosts",
                 "is " + shown(*file) + ", and HOME is not set; write the whole path");
      } else if (host.known_hosts_files.empty()) {
        host.known_hosts_files = {path};
      } else {
        host.known_hosts_files.front() = path; // the system-wide files behind it stay
      }
    }
  }

  std::optional<std::string> read_secret(const std::string &key) {
    const auto variable = text(key);
    if (!variable) {
      return std::nullopt;
    }
    const auto found = input_.variables.find(*variable);
    if (found == input_.variables.end() || found->second.empty()) {
      if (entry_.is_enabled) {
        complain(key, "names the variable " + shown(*variable) + ", which is not set");
      }
      return std::nullopt;
    }
    entry_.secrets.push_back(found->second);
    if (found->second.rfind("${", 0) == 0 && !placeholder_in(found->second).empty()) {
      complain(key, "names the variable " + shown(*variable) + ", which still holds a placeholder");
      return std::nullopt;
    }
    return found->second;
  }

  std::optional<std::vector<LoginMethod>> read_order() {
    if (find_member(value_, "auth") == nullptr) {
      return std::nullopt;
    }
    std::vector<LoginMethod> order;
    for (const std::string &word : texts("auth")) {
      const auto method = std::find_if(kMethods.begin(), kMethods.end(),
                                       [&](const auto &known) { return known.first == word; });
      if (method == kMethods.end()) {
        complain("auth",
                 "has " + shown(word) + "; expected key, agent, password or keyboard-interactive");
      } else {
        order.push_back(method->second);
      }
    }
    return order;
  }

  void read_login() {
    const std::size_t complaints_before = entry_.complaints.size();
    LoginInput login;
    login.where = path_;
    login.key_name = path_ + ".key";
    login.key = text("key");
    login.passphrase = read_secret("passphrase_env");
    login.password = read_secret("password_env");
    login.order = read_order();
    if (entry_.complaints.size() != complaints_before) {
      return; // what follows from a broken key would only blur the cause
    }
    LoginFindings findings = configure_login(entry_.host, login, input_.surroundings);
    std::move(findings.complaints.begin(), findings.complaints.end(),
              std::back_inserter(entry_.complaints));
    std::move(findings.warnings.begin(), findings.warnings.end(),
              std::back_inserter(entry_.warnings));
  }

  std::string path_;
  const Json &value_;
  const HostBookInput &input_;
  HostEntry entry_;
};

} // namespace

HostEntry read_host_entry(const std::string &name, const Json &value, const HostBookInput &input) {
  return EntryReader(name, value, input).read();
}

bool is_host_name(std::string_view name) {
  constexpr std::size_t kLongestName = 128; // stays readable in lists and far below an audit line
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@:";
  return !name.empty() && name.size() <= kLongestName &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string address_problem(std::string_view address) {
  constexpr std::size_t kLongestAddress = 253; // a DNS name, RFC 1035 section 2.3.4
  if (address.find('@') != std::string_view::npos) {
    return "write the user apart from the host";
  }
  if (std::count(address.begin(), address.end(), ':') == 1) {
    return "write the port apart from the host";
  }
  const bool is_clean = std::all_of(address.begin(), address.end(),
                                    [](char c) { return c > ' ' && c != 0x7F && c != '/'; });
  if (!is_clean || address.empty() || address[0] == '-' || address.size() > kLongestAddress) {
    return "expected a DNS name or an address";
  }
  return {};
}

std::string without_brackets(const std::string &address) {
  const bool has_brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  return has_brackets ? address.substr(1, address.size() - 2) : address;
}

} // namespace mre::config
