// What a node's programs print, as values.
//
// Promise: any bytes give a value or an mre::Error(remote_failed) that says what was expected;
// nothing is guessed into a column it does not stand in. Threads: pure functions.
#pragma once

#include "guest.hpp"

#include <mre/plugin.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proxmox {

// `pct list`: three words are a container without a lock, four one with. Prints nothing when there
// is none.
std::vector<Guest> parse_container_list(std::string_view text);

// `pct status`: "status: running", and with --verbose a key and a value on every line.
std::map<std::string, std::string> parse_fields(std::string_view text);
// The word after "status: "; an error when there is none.
std::string parse_status(std::string_view text);

// Members of what a node printed. Releases differ in whether a number is a number or a text, and a
// name made of digits may come as a number: both are read.
std::string text_at(const mre::json &object, const char *name);
std::optional<std::int64_t> number_at(const mre::json &object, const char *name);
bool is_true_at(const mre::json &object, const char *name); // true, 1, "1"

// JSON of pvesh. Anything else is an error that names what was read.
mre::json parse_json(std::string_view text, const std::string &what);
// /cluster/resources: the containers and machines in it, by number.
std::vector<Guest> parse_resources(std::string_view text);

// UPID:node:pid:pstart:start:type:id:user: — nothing when it is none.
struct Upid {
  std::string text, node, type, id, user;
  std::int64_t start = 0;         // seconds since 1970
  std::int64_t process_start = 0; // ticks since the node came up: orders what began in one second
};
std::optional<Upid> parse_upid(std::string_view text);
// Of a row of /cluster/tasks: what runs has no end.
bool has_ended(const mre::json &task);
// Newest first. Tasks of one second are told apart by the ticks of their node; of several nodes, by
// node, as their ticks have nothing in common.
bool is_newer(const Upid &left, const Upid &right);

std::vector<std::string> lines_of(std::string_view text);
// The last few lines of a log.
std::vector<std::string> last_lines(std::string_view text, std::size_t count);

} // namespace proxmox
