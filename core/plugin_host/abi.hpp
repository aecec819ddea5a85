// The C boundary in the core's terms: strings, errors, sized structs, sinks.
//
// Promise: nothing here trusts what a plugin wrote: sizes are honoured, texts made valid UTF-8,
// unknown statuses become `internal`. Threads: pure functions.
#pragma once

#include "core/base/result.hpp"

#include <mre/plugin.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace mre::plugin_host {

inline std::string_view view(mre_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
inline mre_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(const char *text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// A struct as this build knows it: what the other side's is shorter by reads as zero, what it is
// longer by is dropped.
template <class T>
T read_struct(const T *from) {
  T copy{};
  std::memcpy(&copy, from, std::min<std::size_t>(from->size, sizeof(T)));
  copy.size = static_cast<std::uint32_t>(sizeof(T));
  return copy;
}

// Results go back only as far as the other side's struct reaches; its size stays its own.
template <class T>
void write_struct(T *to, const T &from) {
  const std::uint32_t size = to->size;
  std::memcpy(to, &from, std::min<std::size_t>(size, sizeof(T)));
  to->size = size;
}

// Does the other side's struct reach to the end of this member?
#define MRE_REACHES(pointer, Type, member)                                                         \
  ((pointer)->size >= offsetof(Type, member) + sizeof(Type::member))

Errc to_errc(mre_status status);
inline mre_status to_status(Errc code) {
  return static_cast<mre_status>(code);
}

// Fills err (which may be null) as far as it reaches; returns the status.
mre_status store(mre_error *err, const Error &error);
mre_status store(mre_error *err, Errc code, std::string message, std::string hint = {});
// The other direction, as the plugin said it: the message may be empty.
Error read_error(mre_status status, const mre_error *err);
// The same; a status without a text gets one.
Error to_error(mre_status status, const mre_error *err);

inline mre_error empty_error() {
  mre_error err{};
  err.size = sizeof err;
  return err;
}

// Hands text to a sink; a sink that is not wanted takes everything. False when the receiver
// stopped.
bool write_to(const mre_sink &sink, std::string_view text);

} // namespace mre::plugin_host
