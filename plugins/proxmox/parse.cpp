// See parse.hpp.
#include "parse.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace proxmox {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// "prod;web", on some releases with other separators.
std::vector<std::string> split_tags(const std::string &text) {
  std::vector<std::string> tags;
  std::string tag;
  for (const char c : text + ";") {
    if (c == ';' || c == ',' || c == ' ') {
      if (!tag.empty()) {
        tags.push_back(std::move(tag));
      }
      tag.clear();
    } else {
      tag += c;
    }
  }
  return tags;
}

std::optional<std::int64_t> hexadecimal(std::string_view text) {
  constexpr std::size_t kMostDigits = 12;
  if (text.empty() || text.size() > kMostDigits) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    const char lower = static_cast<char>(c | 0x20);
    if (!is_digit && (lower < 'a' || lower > 'f')) {
      return std::nullopt;
    }
    value = value * 16 + (is_digit ? c - '0' : lower - 'a' + 10);
  }
  return value;
}

} // namespace

std::string text_at(const mre::json &object, const char *name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (!object.is_object() || found == object.end()) {
    return {};
  }
  return found->is_string() ? found->get<std::string>() : found->is_number() ? found->dump() : "";
}

std::optional<std::int64_t> number_at(const mre::json &object, const char *name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (!object.is_object() || found == object.end()) {
    return std::nullopt;
  }
  if (found->is_number()) {
    return found->get<std::int64_t>();
  }
  if (found->is_boolean()) {
    return found->get<bool>() ? 1 : 0;
  }
  const std::string text = text_at(object, name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty()
             ? std::optional(number)
             : std::nullopt;
}

bool is_true_at(const mre::json &object, const char *name) {
  return number_at(object, name).value_or(0) != 0;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    if (!lines.back().empty() && lines.back().back() == '\r') {
      lines.back().pop_back();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> last_lines(std::string_view text, std::size_t count) {
  std::vector<std::string> lines = lines_of(text);
  if (lines.size() > count) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  return lines;
}

std::vector<Guest> parse_container_list(std::string_view text) {
  std::vector<Guest> guests;
  for (const std::string &line : lines_of(text)) {
    const std::vector<std::string> words = words_of(line);
    const std::uint32_t id = words.empty() ? 0 : id_of(words.front());
    if (id == 0 || words.size() < 2) {
      continue; // the header, and whatever a login shell or a warning puts between
    }
    Guest guest;
    guest.id = id;
    guest.status = words[1];
    if (words.size() > 3) {
      guest.lock = words[2];
    }
    if (words.size() > 2) {
      guest.name = words.back(); // white space is taken out of names
    }
    guests.push_back(std::move(guest));
  }
  return guests;
}

std::map<std::string, std::string> parse_fields(std::string_view text) {
  std::map<std::string, std::string> fields;
  for (const std::string &line : lines_of(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) {
      continue;
    }
    const std::size_t begin = line.find_first_not_of(kBlanks, colon + 1);
    fields[line.substr(0, colon)] = begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return fields;
}

std::string parse_status(std::string_view text) {
  const auto fields = parse_fields(text);
  const auto found = fields.find("status");
  if (found == fields.end() || found->second.empty()) {
    throw mre::Error(MRE_REMOTE_FAILED,
                     "expected a line \"status: …\", got: " + std::string(text.substr(0, 200)),
                     "see what the node's pct or qm prints");
  }
  return found->second;
}

mre::json parse_json(std::string_view text, const std::string &what) {
  // A warning of a module may stand before it; the JSON is the last line that is some.
  const std::vector<std::string> lines = lines_of(text);
  mre::json read = mre::json::parse(text.begin(), text.end(), nullptr, false);
  for (auto line = lines.rbegin(); read.is_discarded() && line != lines.rend(); ++line) {
    if (!line->empty()) {
      read = mre::json::parse(*line, nullptr, false);
      break;
    }
  }
  if (read.is_discarded()) {
    throw mre::Error(MRE_REMOTE_FAILED,
                     what + ": expected JSON, got: " + std::string(text.substr(0, 200)),
                     "see what the node's pvesh prints");
  }
  return read;
}

std::vector<Guest> parse_resources(std::string_view text) {
  const mre::json rows = parse_json(text, "pvesh get /cluster/resources");
  if (!rows.is_array()) {
    throw mre::Error(MRE_REMOTE_FAILED, "pvesh get /cluster/resources: expected a JSON array",
                     "see what the node's pvesh prints");
  }
  std::vector<Guest> guests;
  for (const mre::json &row : rows) {
    if (!row.is_object()) {
      continue;
    }
    const std::string type = text_at(row, "type");
    const std::int64_t id = number_at(row, "vmid").value_or(0);
    if ((type != "lxc" && type != "qemu") || id < kLowestId || id > kHighestId) {
      continue; // nodes, storages and networks stand in the same list
    }
    Guest guest;
    guest.id = static_cast<std::uint32_t>(id);
    guest.kind = type == "lxc" ? Kind::container : Kind::machine;
    guest.name = text_at(row, "name");
    guest.node = text_at(row, "node");
    guest.status = text_at(row, "status");
    guest.lock = text_at(row, "lock");
    guest.tags = split_tags(text_at(row, "tags"));
    guest.is_template = is_true_at(row, "template");
    guests.push_back(std::move(guest));
  }
  std::sort(guests.begin(), guests.end(),
            [](const Guest &left, const Guest &right) { return left.id < right.id; });
  return guests;
}

bool has_ended(const mre::json &task) {
  return number_at(task, "endtime").value_or(0) > 0;
}

std::optional<Upid> parse_upid(std::string_view text) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("_-.@!").find(c) != std::string_view::npos;
    if (c == ':') {
      parts.push_back(std::move(part));
      part.clear();
    } else if (is_plain) {
      part += c;
    } else {
      return std::nullopt;
    }
  }
  constexpr std::size_t kParts = 8; // the last one ends with a colon too
  if (parts.size() != kParts || !part.empty() || parts[0] != "UPID" || parts[1].empty() ||
      parts[5].empty()) {
    return std::nullopt;
  }
  const auto process_start = hexadecimal(parts[3]);
  const auto start = hexadecimal(parts[4]);
  if (!hexadecimal(parts[2]) || !process_start || !start) {
    return std::nullopt;
  }
  return Upid{std::string(text), parts[1], parts[5], parts[6], parts[7], *start, *process_start};
}

bool is_newer(const Upid &left, const Upid &right) {
  // the larger start first, then the smaller node, then the larger tick
  return std::tie(right.start, left.node, right.process_start) <
         std::tie(left.start, right.node, left.process_start);
}

} // namespace proxmox
