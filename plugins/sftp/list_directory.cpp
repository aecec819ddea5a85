// ssh_list_directory: what is in a remote folder, a page at a time.
#include "arguments.hpp"
#include "schemas.hpp"
#include "tools.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <tuple>

namespace sftp {

namespace {

constexpr std::uint64_t kDefaultLimit = 500;
constexpr std::uint64_t kMostListed = 10000; // about a megabyte of JSON

std::string time_text(std::int64_t seconds) {
  const auto moment = static_cast<std::time_t>(seconds);
  std::tm parts{};
  std::array<char, 32> buffer{};
  if (gmtime_r(&moment, &parts) == nullptr ||
      std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return {};
  }
  return buffer.data();
}

mre::json to_json(const mre::RemoteEntry &entry) {
  mre::json json = {{"name", entry.name},
                    {"type", mre::kind_word(entry.info.kind)},
                    {"size", entry.info.bytes},
                    {"permissions", octal_digits(entry.info.permissions)},
                    {"modified", time_text(entry.info.modified)},
                    {"target", nullptr}};
  if (entry.info.kind == MRE_FILE_SYMLINK) {
    json["target"] = entry.target;
  }
  return json;
}

// "755 directory 4096 2026-11-21T08:00:00Z etc"
std::string to_line(const mre::RemoteEntry &entry) {
  std::string line = std::to_string(octal_digits(entry.info.permissions)) + ' ' +
                     mre::kind_word(entry.info.kind) + ' ' + std::to_string(entry.info.bytes) +
                     ' ' + time_text(entry.info.modified) + ' ' + entry.name;
  if (entry.info.kind == MRE_FILE_SYMLINK) {
    line += " -> " + entry.target;
  }
  return line;
}

std::vector<mre::RemoteEntry> sorted_entries(std::vector<mre::RemoteEntry> entries,
                                             bool show_hidden) {
  if (!show_hidden) {
    const auto is_hidden = [](const mre::RemoteEntry &entry) { return entry.name.front() == '.'; };
    entries.erase(std::remove_if(entries.begin(), entries.end(), is_hidden), entries.end());
  }
  std::sort(entries.begin(), entries.end(),
            [](const mre::RemoteEntry &a, const mre::RemoteEntry &b) {
              return std::make_tuple(a.info.kind != MRE_FILE_DIRECTORY, std::string_view(a.name)) <
                     std::make_tuple(b.info.kind != MRE_FILE_DIRECTORY, std::string_view(b.name));
            });
  return entries;
}

mre::Reply list_directory(mre::Host host, const mre::json &arguments, const mre::Call &call) {
  const std::string target = mre::Hosts(host).resolve(text_of(arguments, "host")).name;
  const std::string path = text_of(arguments, "path");
  const auto entries =
      sorted_entries(mre::Sftp(host).list(call, target, path), flag_of(arguments, "show_hidden"));
  const std::uint64_t offset =
      std::min<std::uint64_t>(count_of(arguments, "offset", 0), entries.size());
  const std::uint64_t end =
      std::min<std::uint64_t>(entries.size(), offset + count_of(arguments, "limit", kDefaultLimit));
  const bool has_more = end < entries.size();
  mre::json page = mre::json::array();
  std::string lines = target + ":" + path + ": " + std::to_string(end - offset) + " of " +
                      std::to_string(entries.size()) + " entries" +
                      (has_more ? ", more at offset " + std::to_string(end) : "");
  for (std::uint64_t at = offset; at < end; ++at) {
    page.push_back(to_json(entries[at]));
    lines += '\n' + to_line(entries[at]);
  }
  mre::json result = {{"host", target},
                      {"path", path},
                      {"entries", std::move(page)},
                      {"total", entries.size()},
                      {"next_offset", nullptr}};
  if (has_more) {
    result["next_offset"] = end;
  }
  return mre::Reply::of(std::move(lines), std::move(result));
}

} // namespace

mre::Tool list_directory_tool(mre::Host host) {
  mre::Tool tool;
  tool.name = "ssh_list_directory";
  tool.title = "List a remote folder";
  tool.description = "List a folder on a host: folders first, then by name.";
  tool.promises = MRE_READ_ONLY | MRE_IDEMPOTENT;
  tool.input = input({"path"}, {{"path", path()},
                                {"host", text()},
                                {"show_hidden", flag()},
                                {"offset", count()},
                                {"limit", with_default(integer(1, kMostListed), kDefaultLimit)}});
  const mre::Schema entry = object_of({{"name", text()},
                                       {"type", text()},
                                       {"size", count()},
                                       {"permissions", count()},
                                       {"modified", text()},
                                       {"target", or_null(text())}});
  tool.output = output({"host", "path", "entries", "total", "next_offset"},
                       {{"host", text()},
                        {"path", text()},
                        {"entries", list_of(entry)},
                        {"total", count()},
                        {"next_offset", or_null({{"type", "integer"}})}});
  tool.run = [host](const mre::json &arguments, const mre::Call &call) {
    return list_directory(host, arguments, call);
  };
  return tool;
}

} // namespace sftp
