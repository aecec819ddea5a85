#include "core/guard/audit_record.hpp"

#include "core/base/digest.hpp"
#include "core/base/timestamp.hpp"
#include "core/base/utf8.hpp"
#include "core/guard/limits.hpp"

#include <utility>

namespace mre::guard {
namespace {

using OrderedJson = nlohmann::ordered_json; // people read these lines: time first, details last

constexpr int kVersion = 1;
// Names of tools, hosts and calls are far shorter; six of them and the fixed part stay below a
// quarter of a line.
constexpr std::size_t kWordBytes = 160;

std::string word(const std::string &text, const Redactor &redactor) {
  std::string clean = utf8::repair(redactor.redact(text));
  for (char &c : clean) {
    const bool grows_when_escaped = static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
    c = grows_when_escaped ? '?' : c;
  }
  const std::size_t bytes =
      utf8::prefix_bytes(clean, kWordBytes / 4); // a character has four bytes at most
  return clean.size() <= kWordBytes ? clean : clean.substr(0, bytes) + "…";
}

Json size_and_digest(const std::string &text) {
  return {{"bytes", text.size()}, {"sha256", sha256_hex(text)}};
}

// Each argument on its own; strings by their own bytes, other values by their JSON text.
Json shortened(Json arguments, const Redactor &redactor) {
  redactor.redact(arguments);
  if (arguments.is_object()) {
    for (auto &[key, value] : arguments.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
      if (text.size() > limits::kAuditArgument) {
        value = size_and_digest(text);
      }
    }
  }
  return arguments;
}

OrderedJson stamped(const AuditStamp &stamp, const char *phase, const std::string &call) {
  OrderedJson line;
  line["v"] = kVersion;
  line["time"] = rfc3339(stamp.time);
  line["pid"] = stamp.pid;
  line["seq"] = stamp.sequence;
  line["call"] = call;
  line["phase"] = phase;
  return line;
}

std::string dumped(const OrderedJson &line) {
  return line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

// The line with a last member whose JSON text is there already: parsing it again would only put its
// keys in order once more.
std::string with_member(const OrderedJson &line, const char *key, const std::string &json) {
  std::string text = line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  text.pop_back(); // the closing brace
  return text + ",\"" + key + "\":" + json + "}\n";
}

// With `details` under `key`; when that makes the line too long, only with their size and digest.
std::string with_details(const OrderedJson &line, const char *key, const Json &details) {
  const std::string json = dump_json(details);
  std::string text = with_member(line, key, json);
  if (text.size() >= limits::kAuditLine) {
    text = with_member(line, key, dump_json(size_and_digest(json)));
  }
  return text;
}

} // namespace

std::string render(const AuditStamp &stamp, const AuditBegin &record, const Redactor &redactor) {
  OrderedJson line = stamped(stamp, "begin", word(record.call, redactor));
  line["principal"] = word(record.principal, redactor);
  line["tool"] = word(record.tool, redactor);
  line["owner"] = word(record.owner, redactor);
  if (!record.parent.empty()) {
    line["parent"] = word(record.parent, redactor);
  }
  line["host"] = word(record.host, redactor);
  return with_details(line, "arguments", shortened(record.arguments, redactor));
}

std::string render(const AuditStamp &stamp, const AuditEnd &record, const Redactor &redactor) {
  OrderedJson line = stamped(stamp, "end", word(record.call, redactor));
  line["principal"] = word(record.principal, redactor);
  line["tool"] = word(record.tool, redactor);
  line["owner"] = word(record.owner, redactor);
  line["host"] = word(record.host, redactor);
  line["outcome"] = word(record.outcome, redactor);
  line["code"] = record.code.empty() ? OrderedJson() : OrderedJson(word(record.code, redactor));
  line["exit_code"] = record.exit_code ? OrderedJson(*record.exit_code) : OrderedJson();
  line["bytes"] = record.bytes ? OrderedJson(*record.bytes) : OrderedJson();
  line["duration_ms"] = record.duration.count();
  return dumped(line);
}

std::string render(const AuditStamp &stamp, const AuditEffect &record, const Redactor &redactor) {
  OrderedJson line = stamped(stamp, "effect", word(record.call, redactor));
  line["owner"] = word(record.owner, redactor);
  line["host"] = word(record.host, redactor);
  line["what"] = word(record.what, redactor);
  return with_details(line, "details", shortened(record.details, redactor));
}

} // namespace mre::guard
