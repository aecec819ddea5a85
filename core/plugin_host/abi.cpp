#include "core/plugin_host/abi.hpp"

#include "core/base/utf8.hpp"

namespace mre::plugin_host {
namespace {

void copy_cut(char *target, std::size_t capacity, std::string_view text) {
  std::string valid = utf8::repair(text.substr(0, std::min(text.size(), 2 * capacity)));
  std::size_t length = std::min(valid.size(), capacity - 1);
  length -= utf8::incomplete_tail(std::string_view(valid).substr(0, length));
  std::memcpy(target, valid.data(), length);
  target[length] = '\0';
}

template <std::size_t N>
std::string_view bounded(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

} // namespace

Errc to_errc(mre_status status) {
  return status >= MRE_INTERNAL && status <= MRE_UNAVAILABLE ? static_cast<Errc>(status)
                                                             : Errc::internal;
}

mre_status store(mre_error *err, const Error &error) {
  const mre_status status = to_status(error.code);
  if (err == nullptr || err->size < offsetof(mre_error, hint) + sizeof err->hint) {
    return status; // the first release's struct is the smallest there is
  }
  err->code = status;
  copy_cut(err->message, sizeof err->message, error.message);
  copy_cut(err->hint, sizeof err->hint, error.hint);
  return status;
}

mre_status store(mre_error *err, Errc code, std::string message, std::string hint) {
  return store(err, Error{code, std::move(message), std::move(hint)});
}

Error read_error(mre_status status, const mre_error *err) {
  Error error;
  error.code = to_errc(status);
  if (err != nullptr) {
    const mre_error copy = read_struct(err);
    error.message = utf8::repair(bounded(copy.message));
    error.hint = utf8::repair(bounded(copy.hint));
  }
  return error;
}

Error to_error(mre_status status, const mre_error *err) {
  Error error = read_error(status, err);
  if (error.message.empty()) {
    error.message =
        "the plugin failed with status " + std::to_string(status) + " and gave no reason";
  }
  return error;
}

bool write_to(const mre_sink &sink, std::string_view text) {
  return sink.write == nullptr || sink.write(sink.ctx, borrow(text)) == 0;
}

} // namespace mre::plugin_host
