#include "core/config/ssh_config_evaluate.hpp"

#include "core/base/nearest.hpp"
#include "core/base/wildcard.hpp"
#include "core/config/names.hpp"
#include "core/config/ssh_config_keywords.hpp"
#include "core/config/ssh_config_tokens.hpp"

#include <algorithm>
#include <utility>

namespace mre::config {
namespace {

// Whether the lines of a block count. `unknown`: a Match exec that is not run would decide.
enum class Active { no, unknown, yes };

class Evaluator {
public:
  Evaluator(const SshConfigReading &reading, const SshQuery &query)
      : reading_(reading), query_(query), host_(query.host) {
    if (query.user) {
      found_.options["user"].push_back({{*query.user}, {}});
    }
    if (query.port) {
      found_.options["port"].push_back({{std::to_string(*query.port)}, {}});
    }
  }

  SshOptions run() {
    pass();
    if (wants_final_pass_) { // as ssh does: once more, under the name that was found
      is_final_ = true;
      host_ = ascii_lower(host_name());
      pass();
    }
    name_hindrances();
    return std::move(found_);
  }

private:
  void pass() {
    for (const SshConfigFile &file : reading_.files) {
      process(file, Active::yes);
    }
  }

  // `around`: what an Include line in a block lets through.
  void process(const SshConfigFile &file, Active around) {
    Active active = around;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const SshConfigLine &line = file.lines[i];
      if (line.keyword == "host") {
        active = std::min(around, match_host(line.arguments) ? Active::yes : Active::no);
      } else if (line.keyword == "match") {
        active = std::min(around, match(file, line));
      } else if (line.keyword == "include") {
        const auto children = file.included.find(i);
        if (children != file.included.end()) {
          for (const SshConfigFile &child : children->second) {
            process(child, active);
          }
        }
      } else {
        take(file, line, active);
      }
    }
  }

  bool match_host(const std::vector<std::string> &patterns) const {
    bool is_matched = false;
    for (const std::string &pattern : patterns) {
      const bool is_negated = pattern.starts_with('!');
      if (matches_wildcard(std::string_view(pattern).substr(is_negated ? 1 : 0), host_)) {
        if (is_negated) {
          return false;
        }
        is_matched = true;
      }
    }
    return is_matched;
  }

  std::string host_name() const {
    const auto name = found_.value("hostname");
    return name ? expand_host_name(*name, query_.host).value_or(query_.host) : host_;
  }

  static bool in_list(std::string_view list, const std::string &text) {
    return match_pattern_list(list, text) == ListMatch::matched;
  }

  // One criterion with its argument; nothing for one that is not known here.
  std::optional<Active> criterion(const std::string &name, const std::string &argument) const {
    const auto answer = [](bool is_met) { return is_met ? Active::yes : Active::no; };
    if (name == "host") {
      return answer(in_list(ascii_lower(argument), ascii_lower(is_final_ ? host_ : host_name())));
    }
    if (name == "originalhost") {
      return answer(in_list(ascii_lower(argument), ascii_lower(query_.host)));
    }
    if (name == "user") {
      return answer(in_list(argument, found_.value("user").value_or(query_.local_user)));
    }
    if (name == "localuser") {
      return answer(in_list(argument, query_.local_user));
    }
    if (name == "exec" || name == "localnetwork" || name == "tagged") {
      return Active::unknown;
    }
    return std::nullopt;
  }

  Active match(const SshConfigFile &file, const SshConfigLine &line) {
    const auto complain = [&](const std::string &what) {
      found_.complaints.insert(ssh_config_place(file, line) + ": " + what);
      return Active::no;
    };
    Active result = Active::yes;
    const std::vector<std::string> words = match_words(line.rest);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool is_negated = words[i].starts_with('!');
      const std::string name = ascii_lower(std::string_view(words[i]).substr(is_negated ? 1 : 0));
      if (name == "all") {
        const bool follows = i > 0 && ascii_lower(words[i - 1]) != "final" &&
                             ascii_lower(words[i - 1]) != "canonical";
        if (follows || i + 1 < words.size()) {
          return complain("\"all\" cannot be combined with other criteria");
        }
        return is_negated ? Active::no : result;
      }
      if (name == "final" || name == "canonical") {
        wants_final_pass_ = wants_final_pass_ || (name == "final" && !is_final_);
        result = is_final_ == is_negated ? Active::no : result;
        continue;
      }
      if (i + 1 == words.size() || words[i + 1].empty()) {
        return complain("the criterion " + shown(words[i]) + " has no argument");
      }
      const auto met = criterion(name, words[++i]);
      if (!met) {
        return complain("the criterion " + shown(name) + " is not known");
      }
      const bool is_open = *met == Active::unknown;
      result = std::min(result, is_open                               ? Active::unknown
                                : (*met == Active::yes) != is_negated ? Active::yes
                                                                      : Active::no);
    }
    if (words.empty()) {
      return complain("there is no criterion");
    }
    undecided_ = result == Active::unknown ? "Match exec (" + ssh_config_place(file, line) + ")"
                                           : undecided_;
    return result;
  }

  void take(const SshConfigFile &file, const SshConfigLine &line, Active active) {
    const SshKeyword kind = classify_ssh_keyword(line.keyword);
    const std::string place = ssh_config_place(file, line);
    if (kind == SshKeyword::unknown) {
      warn_about_unknown(line, place);
      return;
    }
    if (kind == SshKeyword::harmless) {
      return;
    }
    const std::vector<std::string> values =
        kind == SshKeyword::raw ? std::vector<std::string>{line.rest} : line.arguments;
    if (const std::string problem = ssh_argument_problem(line.keyword, values); !problem.empty()) {
      found_.complaints.insert(place + ": " + line.keyword + ": " + problem);
      return;
    }
    const bool counts = found_.find(line.keyword) == nullptr || kind == SshKeyword::each;
    if (!counts || active == Active::no || is_excluded(line.keyword)) {
      return;
    }
    if (active == Active::unknown) {
      found_.obstacles.push_back(undecided_);
      return;
    }
    auto &taken = found_.options[line.keyword];
    const bool is_repeated = std::any_of(taken.begin(), taken.end(), [&](const SshOption &option) {
      return option.values == values;
    });
    if (!is_repeated) {
      taken.push_back({values, place});
    }
  }

  // Of ProxyJump and ProxyCommand the first one counts.
  bool is_excluded(const std::string &keyword) const {
    return (keyword == "proxyjump" && found_.find("proxycommand") != nullptr) ||
           (keyword == "proxycommand" && found_.find("proxyjump") != nullptr);
  }

  void warn_about_unknown(const SshConfigLine &line, const std::string &place) {
    const auto ignored = found_.value("ignoreunknown");
    if (!ignored || !in_list(ascii_lower(*ignored), line.keyword)) {
      found_.warnings.insert(place + ": " + shown(line.keyword) +
                             " is no option that is known here; it is left out");
    }
  }

  void name_hindrances() {
    for (const auto &[keyword, taken] : found_.options) {
      const SshKeyword kind = classify_ssh_keyword(keyword);
      const bool is_command = keyword == "proxycommand" || keyword == "knownhostscommand";
      const bool hinders = kind == SshKeyword::hindering || is_command;
      if (hinders && !is_without_effect(keyword, taken.front().values.front())) {
        found_.obstacles.push_back(ssh_keyword_name(keyword) + " (" + taken.front().place + ")");
      }
    }
    auto &obstacles = found_.obstacles;
    obstacles.erase(std::unique(obstacles.begin(), obstacles.end()), obstacles.end());
  }

  const SshConfigReading &reading_;
  const SshQuery &query_;
  std::string host_; // what Host lines are compared with
  bool is_final_ = false;
  bool wants_final_pass_ = false;
  std::string undecided_;
  SshOptions found_;
};

void collect_aliases(const SshConfigFile &file, std::vector<std::string> &aliases) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (file.lines[i].keyword == "host") {
      for (const std::string &pattern : file.lines[i].arguments) {
        const bool is_name = pattern.find_first_of("*?!") == std::string::npos && !pattern.empty();
        if (is_name && std::find(aliases.begin(), aliases.end(), pattern) == aliases.end()) {
          aliases.push_back(pattern);
        }
      }
    } else if (const auto children = file.included.find(i); children != file.included.end()) {
      for (const SshConfigFile &child : children->second) {
        collect_aliases(child, aliases);
      }
    }
  }
}

} // namespace

const SshOption *SshOptions::find(std::string_view keyword) const {
  const auto found = options.find(keyword);
  return found == options.end() || found->second.empty() ? nullptr : &found->second.front();
}

std::optional<std::string> SshOptions::value(std::string_view keyword) const {
  const SshOption *option = find(keyword);
  return option == nullptr ? std::nullopt : std::optional(option->values.front());
}

SshOptions evaluate_ssh_config(const SshConfigReading &reading, const SshQuery &query) {
  return Evaluator(reading, query).run();
}

std::vector<std::string> ssh_config_aliases(const SshConfigReading &reading) {
  std::vector<std::string> aliases;
  for (const SshConfigFile &file : reading.files) {
    collect_aliases(file, aliases);
  }
  return aliases;
}

} // namespace mre::config
