// Result<T>: a value or an Error. The core never throws for failures it can foresee.
//
// Promise: a Result cannot be dropped silently (the type is [[nodiscard]]), and reading the wrong
// side is a defect of ours that ends the process with a message, never undefined behaviour.
// Threads: values. Named after std::expected, which the packaged compilers lack, so that it can be
// deleted later.
//
//   Result<int> parse(std::string_view text);
//   Result<int> twice(std::string_view text) {
//     MRE_TRY(const int value, parse(text));
//     return 2 * value;
//   }
#pragma once

#include "core/base/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace mre {

// Our own mistake, never reachable from input: says where and ends the process (sysexits'
// EX_SOFTWARE, 70).
[[noreturn]] inline void report_bug(const char *what, const char *file, int line) {
  std::fprintf(stderr, "level=error event=bug what=\"%s\" where=%s:%d\n", what, file, line);
  std::_Exit(70);
}
#define MRE_BUG_IF(condition)                                                                      \
  do {                                                                                             \
    if (condition) {                                                                               \
      ::mre::report_bug(#condition, __FILE__, __LINE__);                                           \
    }                                                                                              \
  } while (false)

template <class T>
class [[nodiscard]] Result {
public:
  // A value or an error is returned as it is: the conversions are what the type is for.
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : side_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : side_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  bool has_value() const { return side_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T &value() & {
    MRE_BUG_IF(!has_value());
    return *std::get_if<0>(&side_);
  }
  const T &value() const & {
    MRE_BUG_IF(!has_value());
    return *std::get_if<0>(&side_);
  }
  T &&value() && {
    MRE_BUG_IF(!has_value());
    return std::move(*std::get_if<0>(&side_));
  }
  T &operator*() & { return value(); }
  const T &operator*() const & { return value(); }
  T &&operator*() && { return std::move(*this).value(); }
  T *operator->() { return &value(); }
  const T *operator->() const { return &value(); }

  Error &error() & {
    MRE_BUG_IF(has_value());
    return *std::get_if<1>(&side_);
  }
  const Error &error() const & {
    MRE_BUG_IF(has_value());
    return *std::get_if<1>(&side_);
  }
  Error &&error() && {
    MRE_BUG_IF(has_value());
    return std::move(*std::get_if<1>(&side_));
  }

  T value_or(T other) const { return has_value() ? value() : std::move(other); }

private:
  std::variant<T, Error> side_;
};

template <>
class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {} // NOLINT(google-explicit-constructor)

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  Error &error() & {
    MRE_BUG_IF(has_value());
    return *error_;
  }
  const Error &error() const & {
    MRE_BUG_IF(has_value());
    return *error_;
  }
  Error &&error() && {
    MRE_BUG_IF(has_value());
    return std::move(*error_);
  }

private:
  std::optional<Error> error_;
};

} // namespace mre

#define MRE_CONCAT_INNER(a, b) a##b
#define MRE_CONCAT(a, b) MRE_CONCAT_INNER(a, b)
// MRE_TRY(declaration, expression): binds the value, or returns the error from the enclosing
// function.
#define MRE_TRY(declaration, ...)                                                                  \
  auto &&MRE_CONCAT(mre_try_, __LINE__) = (__VA_ARGS__);                                           \
  if (!MRE_CONCAT(mre_try_, __LINE__).has_value()) {                                               \
    return std::move(MRE_CONCAT(mre_try_, __LINE__)).error();                                      \
  }                                                                                                \
  declaration = *std::move(MRE_CONCAT(mre_try_, __LINE__))
// MRE_TRY_VOID(expression): the same for Result<void>.
#define MRE_TRY_VOID(...)                                                                          \
  if (auto mre_try_result = (__VA_ARGS__); !mre_try_result.has_value()) {                          \
    return std::move(mre_try_result).error();                                                      \
  }                                                                                                \
  static_cast<void>(0)
