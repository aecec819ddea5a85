#include "core/config/host_book.hpp"

#include "core/base/file.hpp"
#include "core/base/json.hpp"
#include "core/base/nearest.hpp"
#include "core/config/host_entry.hpp"
#include "core/config/names.hpp"
#include "core/config/ssh_config_hosts.hpp"
#include "core/guard/limits.hpp"

#include <algorithm>
#include <set>

namespace mre::config {
namespace {

// Colours of a depth-first walk over the jumps.
enum class Mark { open, done };

class JumpCheck {
public:
  JumpCheck(const HostBook &book, std::vector<std::string> &complaints)
      : book_(book), complaints_(complaints) {}

  void run() {
    std::vector<std::string> names;
    for (const auto &[name, host] : book_.hosts) {
      names.push_back(name);
    }
    for (const auto &[name, host] : book_.hosts) {
      for (const std::string &jump : host.jumps) {
        if (book_.find(jump) == nullptr && !host.is_from_ssh_config) {
          const std::string near = nearest_name(jump, names);
          complaints_.push_back(
              "hosts." + name + ".jump names " + shown(jump) +
              ", which is no host that is enabled" +
              (near.empty() ? std::string() : "; did you mean " + shown(near) + "?"));
        }
      }
      visit(name);
    }
  }

private:
  // Depth is bounded by the number of hosts in a file of limited size, and a marked host is not
  // entered again.
  void visit(const std::string &name) {
    const auto found = book_.hosts.find(name);
    if (found == book_.hosts.end() || marks_.count(name) != 0) {
      // A circle of aliases stops nothing: it is said when one of them is used.
      const bool is_ours = found != book_.hosts.end() && !found->second.is_from_ssh_config;
      if (is_ours && marks_[name] == Mark::open) {
        complaints_.push_back("hosts." + name + ".jump leads back to itself");
      }
      return;
    }
    marks_[name] = Mark::open;
    for (const std::string &jump : found->second.jumps) {
      visit(jump);
    }
    marks_[name] = Mark::done;
  }

  const HostBook &book_;
  std::vector<std::string> &complaints_;
  std::map<std::string, Mark> marks_;
};

void append(std::vector<std::string> &list, const std::vector<std::string> &more) {
  list.insert(list.end(), more.begin(), more.end());
}

void take_entries(const Json &hosts, const HostBookInput &input, HostBookReading &reading) {
  if (!hosts.is_object()) {
    reading.complaints.emplace_back("hosts is no object; expected {\"name\": {\"host\": …}, …}");
    return;
  }
  for (const auto &[name, value] : hosts.items()) {
    HostEntry entry = read_host_entry(name, value, input);
    std::move(entry.complaints.begin(), entry.complaints.end(),
              std::back_inserter(reading.complaints));
    std::move(entry.warnings.begin(), entry.warnings.end(), std::back_inserter(reading.warnings));
    std::move(entry.secrets.begin(), entry.secrets.end(), std::back_inserter(reading.secrets));
    if (!entry.is_enabled) {
      continue;
    }
    if (reading.book.hosts.count(name) != 0) {
      reading.complaints.push_back(
          "hosts." + name + " is configured by HOST or SSH_HOST as well; remove one of them");
      continue;
    }
    const auto &keys = entry.host.key_files;
    reading.key_files.insert(reading.key_files.end(), keys.begin(), keys.end());
    reading.book.hosts.emplace(name, std::move(entry.host));
  }
}

void take_document(std::string_view text, const HostBookInput &input, HostBookReading &reading) {
  const Result<Json> document = parse_json(text);
  if (!document) {
    reading.complaints.push_back(document.error().message);
    return;
  }
  if (!document->is_object()) {
    reading.complaints.emplace_back("expected an object: {\"hosts\": {…}}");
    return;
  }
  for (const auto &[key, value] : document->items()) {
    if (key == "hosts") {
      take_entries(value, input, reading);
    } else {
      reading.complaints.push_back("unknown key " + shown(key) +
                                   "; the only one here is \"hosts\"");
    }
  }
}

} // namespace

HostBookReading parse_host_book(std::optional<std::string_view> text, const HostBookInput &input) {
  HostBookReading reading;
  if (input.default_host) {
    const HostConfig &host = *input.default_host;
    for (const auto &secret : {host.password, host.passphrase}) {
      if (secret) {
        reading.secrets.push_back(*secret);
      }
    }
    reading.key_files = host.key_files;
    reading.book.hosts.emplace(host.name, host);
  }
  if (text) {
    take_document(*text, input, reading);
  }
  HostBookReading aliases;
  if (input.ssh_config) {
    aliases.book = std::move(reading.book);
    add_ssh_config_hosts(input, aliases);
    reading.book = std::move(aliases.book);
  }
  JumpCheck(reading.book, reading.complaints).run();
  for (std::string &complaint : reading.complaints) {
    complaint = input.file + ": " + complaint;
  }
  for (std::string &warning : reading.warnings) {
    warning = input.file + ": " + warning;
  }
  append(reading.complaints, aliases.complaints);
  append(reading.warnings, aliases.warnings);
  append(reading.key_files, aliases.key_files);
  reading.watched = std::move(aliases.watched);
  reading.book.protected_files = reading.key_files;
  if (!input.file.empty()) {
    reading.book.protected_files.push_back(input.file);
  }
  append(reading.book.protected_files, reading.watched);
  return reading;
}

HostBookReading read_host_book(const HostBookInput &input) {
  if (input.file.empty()) {
    return parse_host_book(std::nullopt, input);
  }
  const Result<std::string> text = read_file(input.file, limits::kConfigFileBytes);
  if (text) {
    return parse_host_book(*text, input);
  }
  HostBookReading reading = parse_host_book(std::nullopt, input);
  if (input.is_named || text.error().code != Errc::not_found) {
    reading.complaints.push_back((input.is_named ? "MRE_HOSTS: " : "the host book: ") +
                                 text.error().message);
  }
  return reading;
}

} // namespace mre::config
