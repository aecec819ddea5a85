#include "core/cli/questions.hpp"

#include "core/cli/output.hpp"
#include "core/tools/json_schema.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mre::cli {
namespace {

// A person who gets it wrong this often has stopped trying.
constexpr int kAttempts = 3;

Json action(const char *word) {
  return {{"action", word}};
}

std::string text_of(const Json &object, std::string_view key) {
  const std::string *text = find_string(object, key);
  return text == nullptr ? std::string() : *text;
}

std::optional<bool> yes_or_no(const std::string &line) {
  if (line == "y" || line == "Y" || line == "yes") {
    return true;
  }
  if (line == "n" || line == "N" || line == "no") {
    return false;
  }
  return std::nullopt;
}

struct Choice {
  Json value;
  std::string title;
};

// "enum" with its "enumNames", or "oneOf" of {"const","title"}.
std::vector<Choice> choices_of(const Json &property) {
  std::vector<Choice> choices;
  if (const Json *values = find_member(property, "enum"); values != nullptr && values->is_array()) {
    for (const Json &value : *values) {
      choices.push_back({value, value.is_string() ? value.get<std::string>() : dump_json(value)});
    }
  } else if (const Json *variants = find_member(property, "oneOf");
             variants != nullptr && variants->is_array()) {
    for (const Json &variant : *variants) {
      if (const Json *value = find_member(variant, "const")) {
        const std::string title = text_of(variant, "title");
        choices.push_back({*value, title.empty() ? dump_json(*value) : title});
      }
    }
  }
  return choices;
}

class AnswerForm {
public:
  AnswerForm(Terminal &terminal, const Json &schema) : terminal_(terminal), schema_(schema) {}

  // Nothing: the person gave up.
  std::optional<Json> fill() {
    const auto checker = tools::JsonSchema::compile(schema_);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Json content = Json::object();
      for (const auto &[key, property] : find_member(schema_, "properties")->items()) {
        if (!ask_field(key, property, content)) {
          return std::nullopt;
        }
      }
      const Result<void> verdict = checker ? (*checker)->validate(content) : Result<void>();
      if (verdict) {
        return content;
      }
      terminal_.say(visible_text(verdict.error().message) + "\n");
    }
    return std::nullopt;
  }

private:
  bool ask_field(const std::string &key, const Json &property, Json &content) {
    terminal_.say(prompt(key, property));
    const std::optional<std::string> line = terminal_.read_line();
    if (!line) {
      return false;
    }
    const Json *fallback = find_member(property, "default");
    if (!line->empty()) {
      content[key] = read(*line, property);
    } else if (fallback != nullptr) {
      content[key] = *fallback;
    } else if (text_of(property, "type") == "boolean") {
      content[key] = false;
    }
    return true;
  }

  static std::string prompt(const std::string &key, const Json &property) {
    const std::string title = text_of(property, "title");
    const std::string description = text_of(property, "description");
    std::string text = title.empty() ? key : title;
    if (!description.empty()) {
      text += " (" + description + ")";
    }
    const std::vector<Choice> choices = choices_of(property);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      text += "\n  " + std::to_string(i + 1) + ". " + choices[i].title;
    }
    text += choices.empty() ? "" : "\nnumber or value";
    if (text_of(property, "type") == "boolean") {
      text += " [y/n]";
    }
    if (const Json *fallback = find_member(property, "default")) {
      text += " [" + dump_json(*fallback) + "]";
    }
    return visible_text(text) + ": ";
  }

  static Json read(const std::string &line, const Json &property) {
    const std::string type = text_of(property, "type");
    const std::vector<Choice> choices = choices_of(property);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (line == std::to_string(i + 1) || line == choices[i].title ||
          Json(line) == choices[i].value) {
        return choices[i].value;
      }
    }
    if (type == "boolean") {
      const std::optional<bool> answer = yes_or_no(line);
      return answer ? Json(*answer) : Json(line);
    }
    if (type == "integer" || type == "number") {
      const Result<Json> number = parse_json(line);
      return number && number->is_number() ? *number : Json(line);
    }
    return line; // the schema judges what does not fit
  }

  Terminal &terminal_;
  const Json &schema_;
};

Json confirm(Terminal &terminal, const std::string &question) {
  terminal.say(question);
  const std::optional<std::string> line = terminal.read_line();
  if (!line) {
    return action("cancel");
  }
  if (yes_or_no(*line) != true) {
    return action("decline");
  }
  return {{"action", "accept"}, {"content", Json::object()}};
}

} // namespace

Json ask(Terminal &terminal, const tools::InputRequest &request) {
  if (!terminal.is_present() || request.method != "elicitation/create") {
    return action("decline");
  }
  terminal.say("\n" + visible_text(text_of(request.params, "message")) + "\n");
  if (text_of(request.params, "mode") == "url") {
    terminal.say("Open " + visible_text(text_of(request.params, "url")) + "\n");
    return confirm(terminal, "Done? [y/N] ");
  }
  const Json *schema = find_member(request.params, "requestedSchema");
  const Json *properties = schema == nullptr ? nullptr : find_member(*schema, "properties");
  if (properties == nullptr || !properties->is_object() || properties->empty()) {
    return confirm(terminal, "Proceed? [y/N] ");
  }
  std::optional<Json> content = AnswerForm(terminal, *schema).fill();
  if (!content) {
    return action("cancel");
  }
  return {{"action", "accept"}, {"content", *std::move(content)}};
}

} // namespace mre::cli
