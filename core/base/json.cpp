#include "core/base/json.hpp"

#include <utility>
#include <vector>

namespace mre {
namespace {

// A value takes 16 bytes of the tree and a member of an object a hundred, however short its text
// is: this many stay below 40 MiB. What is really long in a message is one string.
constexpr std::size_t kMaximumValues = 250000;

// Builds the tree itself so that depth and size are known while parsing, not after.
class BoundedBuilder final : public nlohmann::json_sax<Json> {
public:
  explicit BoundedBuilder(JsonLimits limits) : limits_(limits) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t &text) override {
    // An integer literal that does not fit 64 bits arrives here; as a double it would silently
    // change its value.
    if (text.find_first_of(".eE") == string_t::npos) {
      problem_ = "more than 64 bits hold: the integer " + text.substr(0, 40);
      return false;
    }
    return put(value);
  }
  bool string(string_t &value) override { return put(std::move(value)); }
  bool binary(binary_t & /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*elements*/) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool key(string_t &value) override {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string & /*token*/,
                   const nlohmann::detail::exception & /*exception*/) override {
    problem_ = "not valid JSON at byte " + std::to_string(position);
    return false;
  }

  Json take() { return std::move(root_); }
  const std::string &problem() const { return problem_; }

private:
  Json *place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json &parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json &slot = parent[key_];
    slot = std::move(value);
    return &slot;
  }
  bool has_room() {
    if (++values_ <= kMaximumValues) {
      return true;
    }
    problem_ = "made of more than " + std::to_string(kMaximumValues) + " values";
    return false;
  }
  bool put(Json value) {
    if (!has_room()) {
      return false;
    }
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (!has_room()) {
      return false;
    }
    if (static_cast<int>(stack_.size()) >= limits_.max_depth) {
      problem_ = "nested deeper than " + std::to_string(limits_.max_depth) + " levels";
      return false;
    }
    stack_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  JsonLimits limits_;
  Json root_;
  std::vector<Json *> stack_; // stays valid: a parent never grows while a child of it is open
  std::string key_;
  std::string problem_;
  std::size_t values_ = 0;
};

constexpr auto kReplaceInvalid = Json::error_handler_t::replace;

} // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  BoundedBuilder builder(limits);
  try {
    if (Json::sax_parse(text.begin(), text.end(), &builder)) {
      return builder.take();
    }
  } catch (const std::exception &) {
    // Only an allocation failure gets here; the text is at fault either way.
    return Error{Errc::too_large, "the JSON text needs more memory than there is", {}};
  }
  return Error{
      Errc::bad_argument, builder.problem().empty() ? "not valid JSON" : builder.problem(), {}};
}

std::string dump_json(const Json &value) {
  return value.dump(-1, ' ', false, kReplaceInvalid);
}
std::string dump_json_pretty(const Json &value) {
  return value.dump(2, ' ', false, kReplaceInvalid);
}

std::string minify_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  bool escaped = false;
  for (const char c : text) {
    if (in_string) {
      out += c;
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      out += c;
      in_string = c == '"';
    }
  }
  return out;
}

std::string json_quote(std::string_view text) {
  return dump_json(Json(std::string(text)));
}

const Json *find_member(const Json &object, std::string_view key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const std::string *find_string(const Json &object, std::string_view key) {
  const Json *member = find_member(object, key);
  return member == nullptr ? nullptr : member->get_ptr<const std::string *>();
}

} // namespace mre
