// One entry of the host book: {"host": "10.0.0.5", "user": "deploy", …}.
//
// Promise: reads every key before it gives up; complaints begin with the path of the key
// ("hosts.web-1.port").
// Threads: pure over its arguments and the file system (key files are looked at).
#pragma once

#include "core/base/json.hpp"
#include "core/config/host_book.hpp"

#include <string>
#include <vector>

namespace mre::config {

struct HostEntry {
  HostConfig host;
  bool is_enabled = true;
  std::vector<std::string> secrets;
  std::vector<std::string> complaints;
  std::vector<std::string> warnings;
};

HostEntry read_host_entry(const std::string &name, const Json &value, const HostBookInput &input);

// Whether tools can call a host so.
bool is_host_name(std::string_view name);
// Why `address` cannot be a DNS name or address ("user@host", "host:22", blanks …); empty when it
// can.
std::string address_problem(std::string_view address);
// "[::1]" is "::1".
std::string without_brackets(const std::string &address);

} // namespace mre::config
