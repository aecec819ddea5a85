#include "core/config/ssh_config_keywords.hpp"

#include "core/base/wildcard.hpp"
#include "core/config/names.hpp"
#include "core/config/trim.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <utility>

namespace mre::config {
namespace {

enum class Value { any, flag, port, seconds, count, strict, family, jumps, canonicalize };

struct Known {
  SshKeyword kind;
  Value value = Value::any;
  std::string_view neutral = {}; // of a hindering keyword, comma-separated
  std::string_view name = {};    // of a hindering keyword, as ssh_config(5) writes it
};

const std::map<std::string_view, Known> &table() {
  using K = SshKeyword;
  static const std::map<std::string_view, Known> known = {
      {"host", {K::structure}},
      {"match", {K::structure}},
      {"include", {K::structure}},
      {"hostname", {K::single}},
      {"port", {K::single, Value::port}},
      {"user", {K::single}},
      {"hostkeyalias", {K::single}},
      {"identityfile", {K::each}},
      {"certificatefile", {K::each}},
      {"identitiesonly", {K::single, Value::flag}},
      {"identityagent", {K::single}},
      {"addressfamily", {K::single, Value::family}},
      {"proxyjump", {K::list, Value::jumps}},
      {"userknownhostsfile", {K::list}},
      {"globalknownhostsfile", {K::list}},
      {"stricthostkeychecking", {K::single, Value::strict}},
      {"hashknownhosts", {K::single, Value::flag}},
      {"connecttimeout", {K::single, Value::seconds}},
      {"serveraliveinterval", {K::single, Value::seconds}},
      {"serveralivecountmax", {K::single, Value::count}},
      {"ciphers", {K::single}},
      {"kexalgorithms", {K::single}},
      {"hostkeyalgorithms", {K::single}},
      {"macs", {K::single}},
      {"ignoreunknown", {K::single}},
      {"proxycommand", {K::raw, Value::any, "none", "ProxyCommand"}},
      {"knownhostscommand", {K::raw, Value::any, "none", "KnownHostsCommand"}},
      {"bindaddress", {K::hindering, Value::any, "none", "BindAddress"}},
      {"bindinterface", {K::hindering, Value::any, "none", "BindInterface"}},
      {"canonicalizehostname",
       {K::hindering, Value::canonicalize, "no,false,none", "CanonicalizeHostname"}},
      {"revokedhostkeys", {K::hindering, Value::any, "none", "RevokedHostKeys"}},
      {"pkcs11provider", {K::hindering, Value::any, "none", "PKCS11Provider"}},
      {"smartcarddevice", {K::hindering, Value::any, "none", "SmartcardDevice"}},
      {"pubkeyauthentication",
       {K::hindering, Value::any, "yes,true,unbound,host-bound", "PubkeyAuthentication"}},
      {"preferredauthentications",
       {K::hindering, Value::any, "*publickey*", "PreferredAuthentications"}},
  };
  return known;
}

// ssh_config(5) of OpenSSH 9.2 and what later versions added; they shape sessions for people, ask
// people, or choose among what ends the same for us.
constexpr std::string_view kHarmless =
    ",addkeystoagent,batchmode,canonicaldomains,canonicalizefallbacklocal,canonicalizemaxdots,"
    "canonicalizepermittedcnames,casignaturealgorithms,challengeresponseauthentication,"
    "channeltimeout,checkhostip,cipher,clearallforwardings,compression,compressionlevel,"
    "connectionattempts,controlmaster,controlpath,controlpersist,dsaauthentication,"
    "dynamicforward,enableescapecommandline,enablesshkeysign,escapechar,exitonforwardfailure,"
    "fallbacktorsh,fingerprinthash,forkafterauthentication,forwardagent,forwardx11,"
    "forwardx11timeout,forwardx11trusted,gatewayports,globalknownhostsfile2,"
    "gssapiauthentication,gssapiclientidentity,gssapidelegatecredentials,gssapikexalgorithms,"
    "gssapikeyexchange,gssapirenewalforcesrekey,gssapiserveridentity,gssapitrustdns,"
    "hostbasedacceptedalgorithms,hostbasedauthentication,hostbasedkeytypes,ipqos,"
    "kbdinteractiveauthentication,kbdinteractivedevices,keepalive,localcommand,localforward,"
    "loglevel,logverbose,nohostauthenticationforlocalhost,numberofpasswordprompts,"
    "obscurekeystroketiming,passwordauthentication,permitlocalcommand,permitremoteopen,protocol,"
    "proxyusefdpass,pubkeyacceptedalgorithms,pubkeyacceptedkeytypes,refuseconnection,rekeylimit,"
    "remotecommand,remoteforward,requesttty,requiredrsasize,rhostsauthentication,"
    "rhostsrsaauthentication,rsaauthentication,securitykeyprovider,sendenv,sessiontype,setenv,"
    "skeyauthentication,stdinnull,streamlocalbindmask,streamlocalbindunlink,syslogfacility,tag,"
    "tcpkeepalive,tisauthentication,tunnel,tunneldevice,updatehostkeys,useblacklistedkeys,"
    "usekeychain,useprivilegedport,usersh,userknownhostsfile2,useroaming,verifyhostkeydns,"
    "versionaddendum,visualhostkey,warnweakcrypto,xauthlocation,";

bool is_one_of(std::string_view word, std::string_view list) {
  return match_pattern_list(list, word) == ListMatch::matched;
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number =
      !digits.empty() && problem == std::errc() && end == digits.data() + digits.size();
  return is_number ? std::optional(number) : std::nullopt;
}

std::optional<std::uint16_t> port_of_service(const std::string &name) {
  servent found{};
  servent *result = nullptr;
  std::array<char, 1024> text{};
  const int problem =
      ::getservbyname_r(name.c_str(), "tcp", &found, text.data(), text.size(), &result);
  if (problem != 0 || result == nullptr) {
    return std::nullopt;
  }
  return ntohs(static_cast<std::uint16_t>(result->s_port));
}

std::string value_problem(Value value, const std::string &text) {
  const std::string lower = ascii_lower(text);
  switch (value) {
  case Value::any:
    return {};
  case Value::flag:
    return ssh_flag(lower) ? "" : "expected yes or no";
  case Value::port:
    return ssh_port(text) ? "" : "expected a port from 1 to 65535, or a service's name";
  case Value::seconds:
    return lower == "none" || ssh_seconds(text) ? "" : "expected a time like 30 or 1m30s";
  case Value::count:
    return whole_number(text) ? "" : "expected a whole number";
  case Value::strict:
    return is_one_of(lower, "yes,true,no,false,ask,off,accept-new")
               ? ""
               : "expected yes, no, ask or accept-new";
  case Value::family:
    return is_one_of(lower, "any,inet,inet6") ? "" : "expected any, inet or inet6";
  case Value::canonicalize:
    return is_one_of(lower, "yes,true,no,false,always,none") ? "" : "expected yes, no or always";
  case Value::jumps:
    return parse_ssh_jumps(text) ? "" : "expected none or [user@]host[:port], separated by commas";
  }
  return {};
}

// One element of the list, without the scheme.
std::optional<SshJump> parse_jump(std::string_view text) {
  SshJump jump;
  const bool is_uri = ascii_lower(text.substr(0, 6)) == "ssh://";
  text.remove_prefix(is_uri ? 6 : 0);
  if (is_uri && !text.empty() && text.back() == '/') {
    text.remove_suffix(1);
  }
  jump.text = text;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    jump.user = std::string(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    jump.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    jump.host = text.substr(0, text.find(':'));
    port = text.substr(jump.host.size());
  }
  if (!port.empty()) {
    jump.port = ssh_port(port.substr(1));
  }
  const bool is_broken = jump.host.empty() || (jump.user && jump.user->empty()) ||
                         (!port.empty() && (port.front() != ':' || !jump.port)) ||
                         jump.text.find_first_of(" \t\"'\\/") != std::string::npos;
  return is_broken ? std::nullopt : std::optional(std::move(jump));
}

} // namespace

SshKeyword classify_ssh_keyword(std::string_view keyword) {
  if (const auto found = table().find(keyword); found != table().end()) {
    return found->second.kind;
  }
  const bool is_harmless =
      kHarmless.find("," + std::string(keyword) + ",") != std::string_view::npos;
  return is_harmless ? SshKeyword::harmless : SshKeyword::unknown;
}

std::string ssh_keyword_name(std::string_view keyword) {
  const auto found = table().find(keyword);
  const bool has_name = found != table().end() && !found->second.name.empty();
  return std::string(has_name ? found->second.name : keyword);
}

std::string ssh_argument_problem(std::string_view keyword,
                                 const std::vector<std::string> &arguments) {
  const auto found = table().find(keyword);
  if (found == table().end()) {
    return {};
  }
  const Known &known = found->second;
  if (arguments.empty() || arguments.front().empty()) {
    return "there is nothing after the keyword";
  }
  const bool takes_one = known.kind == SshKeyword::single || known.kind == SshKeyword::each;
  if (takes_one && arguments.size() > 1) {
    return "more than one argument; put it in quotes";
  }
  const std::string problem = value_problem(known.value, arguments.front());
  return problem.empty() ? "" : "is " + shown(arguments.front()) + "; " + problem;
}

bool is_without_effect(std::string_view keyword, std::string_view value) {
  const auto found = table().find(keyword);
  return found == table().end() || is_one_of(ascii_lower(value), found->second.neutral);
}

std::optional<bool> ssh_flag(std::string_view word) {
  const std::string lower = ascii_lower(word);
  if (is_one_of(lower, "yes,true")) {
    return true;
  }
  return is_one_of(lower, "no,false") ? std::optional(false) : std::nullopt;
}

std::optional<std::uint64_t> ssh_seconds(std::string_view text) {
  constexpr std::uint64_t kLongest = 10ULL * 366 * 86400; // keeps sums far from overflow
  std::uint64_t total = 0;
  while (!text.empty()) {
    const std::string_view digits =
        text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    const auto number = whole_number(digits);
    if (!number || *number > kLongest) {
      return std::nullopt;
    }
    text.remove_prefix(digits.size());
    std::uint64_t unit = 1;
    if (!text.empty()) {
      switch (text.front()) {
      case 's':
      case 'S':
        unit = 1;
        break;
      case 'm':
      case 'M':
        unit = 60;
        break;
      case 'h':
      case 'H':
        unit = 3600;
        break;
      case 'd':
      case 'D':
        unit = 86400;
        break;
      case 'w':
      case 'W':
        unit = 604800;
        break;
      default:
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    total += *number * unit;
    if (total > kLongest) {
      return std::nullopt;
    }
  }
  return total;
}

std::optional<std::uint16_t> ssh_port(std::string_view text) {
  if (const auto number = whole_number(text)) {
    const bool is_port = *number >= 1 && *number <= std::numeric_limits<std::uint16_t>::max();
    return is_port ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
  }
  return text.empty() ? std::nullopt : port_of_service(std::string(text));
}

std::optional<std::vector<SshJump>> parse_ssh_jumps(std::string_view text) {
  std::vector<SshJump> jumps;
  if (ascii_lower(trim(text)) == "none") {
    return jumps;
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    auto jump = parse_jump(trim(text.substr(begin, end - begin)));
    if (!jump) {
      return std::nullopt;
    }
    jumps.push_back(std::move(*jump));
    begin = end + 1;
  }
  return jumps;
}

} // namespace mre::config
