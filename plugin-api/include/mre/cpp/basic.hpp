// mre/cpp/basic.hpp - the ground of the C++ layer: strings, errors, the exception barrier, sinks
// and sources.
//
// Promise: header-only C++17, compiled into each plugin with hidden visibility; nothing here
// crosses the boundary, so plugin and host may differ in compiler, C++ runtime and JSON version.
// Every function pointer that is handed to the host goes through guarded(), so that no exception
// ever leaves the plugin. Threads: free functions are pure; a Sink or Source belongs to the call it
// was made for.
#pragma once

#include <mre/plugin.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

using json = nlohmann::json;
// Schemas keep the order of their author: a client reads them as they were written.
using Schema = nlohmann::ordered_json;

inline mre_str borrow(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
inline std::string_view view(mre_str text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

// Never throws on bytes that are no UTF-8 (the output of a command often is not): they become
// U+FFFD.
template <class Json>
std::string dump(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A failure as the client will see it: a status of mre/plugin.h, what failed and why, and the
// next step.
class Error : public std::runtime_error {
public:
  Error(mre_status status, const std::string &message, std::string hint = {})
      : std::runtime_error(message), status_(status), hint_(std::move(hint)) {}
  mre_status status() const noexcept { return status_; }
  const std::string &hint() const noexcept { return hint_; }

private:
  mre_status status_;
  std::string hint_;
};

// A person has to answer first: unwinds to the barrier, and the tool is run again with the
// answer. Not derived from std::exception, so that a tool's own catch (const std::exception &)
// cannot swallow it.
struct NeedsInput {};

inline mre_error error_value() noexcept {
  mre_error err{};
  err.size = sizeof err;
  return err;
}

namespace detail {

constexpr uint32_t flag(bool is_set, uint32_t bit) noexcept {
  return is_set ? bit : 0U;
}

// Copies what fits, cut at a character.
inline void copy_cut(char *target, std::size_t capacity, std::string_view text) noexcept {
  std::size_t length = text.size();
  if (length >= capacity) {
    length = capacity - 1;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
      --length;
    }
  }
  if (length > 0) {
    std::memcpy(target, text.data(), length);
  }
  target[length] = '\0';
}

} // namespace detail

inline mre_status store(mre_error *err, mre_status status, std::string_view message,
                        std::string_view hint = {}) noexcept {
  if (err != nullptr) {
    err->code = status;
    detail::copy_cut(err->message, sizeof err->message, message);
    detail::copy_cut(err->hint, sizeof err->hint, hint);
  }
  return status;
}

// The other direction: what the host returned, as an exception.
inline void check(mre_status status, const mre_error &err) {
  if (status == MRE_OK) {
    return;
  }
  if (status == MRE_NEEDS_INPUT) {
    throw NeedsInput{};
  }
  throw Error(status, err.message[0] != '\0' ? err.message : "the host gave no reason", err.hint);
}

// The barrier. body returns nothing, or an mre_status. on_error is told of an Error before it is
// stored: texts longer than mre_error holds can take another way.
template <class F, class OnError>
mre_status guarded(mre_error *err, F &&body, OnError &&on_error) noexcept {
  try {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        body();
        return MRE_OK;
      } else {
        return body();
      }
    } catch (const Error &error) {
      on_error(error);
      return store(err, error.status(), error.what(), error.hint());
    }
  } catch (const NeedsInput &) {
    return MRE_NEEDS_INPUT;
  } catch (const std::exception &error) {
    return store(err, MRE_INTERNAL, error.what());
  } catch (...) {
    return store(err, MRE_INTERNAL, "the plugin threw something that is no std::exception");
  }
}
template <class F>
mre_status guarded(mre_error *err, F &&body) noexcept {
  return guarded(err, std::forward<F>(body), [](const Error &) {});
}

// Receives bytes from the host. Made from a string to append to, or from a callable taking
// std::string_view that returns nothing, or false to stop the producer. What the callable throws
// stops the producer too and is thrown again by rethrow(), after the host's function returned.
class Sink {
public:
  Sink() = default; // nothing is wanted
  explicit Sink(std::string &out) : Sink([&out](std::string_view chunk) { out.append(chunk); }) {}
  template <class F, class = std::enable_if_t<std::is_invocable_v<F &, std::string_view>>>
  explicit Sink(F receive)
      : receive_([receive = std::move(receive)](std::string_view chunk) mutable {
          if constexpr (std::is_void_v<std::invoke_result_t<F &, std::string_view>>) {
            receive(chunk);
            return true;
          } else {
            return static_cast<bool>(receive(chunk));
          }
        }) {}
  Sink(const Sink &) = delete;
  Sink &operator=(const Sink &) = delete;

  // Borrows this object.
  mre_sink abi() noexcept {
    return receive_ ? mre_sink{this, &Sink::write} : mre_sink{nullptr, nullptr};
  }
  void rethrow() const {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

private:
  static int32_t write(void *ctx, mre_str chunk) noexcept {
    auto &self = *static_cast<Sink *>(ctx);
    try {
      return self.receive_(view(chunk)) ? 0 : 1;
    } catch (...) {
      self.failure_ = std::current_exception();
      return 1;
    }
  }
  std::function<bool(std::string_view)> receive_;
  std::exception_ptr failure_;
};

// Gives bytes to the host. Made from text that must outlive it, or from a callable (char *buffer,
// std::size_t capacity) that returns how many bytes it wrote, 0 at the end.
class Source {
public:
  Source() = default; // nothing to give
  explicit Source(std::string_view text)
      : give_([text](char *buffer, std::size_t capacity) mutable {
          const std::size_t count = std::min(capacity, text.size());
          if (count > 0) {
            std::memcpy(buffer, text.data(), count);
          }
          text.remove_prefix(count);
          return count;
        }) {}
  template <class F,
            class = std::enable_if_t<std::is_invocable_r_v<std::size_t, F &, char *, std::size_t>>>
  explicit Source(F give) : give_(std::move(give)) {}
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;

  mre_source abi() noexcept {
    return give_ ? mre_source{this, &Source::read} : mre_source{nullptr, nullptr};
  }
  void rethrow() const {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

private:
  static int64_t read(void *ctx, char *buffer, std::size_t capacity) noexcept {
    auto &self = *static_cast<Source *>(ctx);
    try {
      return static_cast<int64_t>(self.give_(buffer, capacity));
    } catch (...) {
      self.failure_ = std::current_exception();
      return -1;
    }
  }
  std::function<std::size_t(char *, std::size_t)> give_;
  std::exception_ptr failure_;
};

// The host as this plugin sees it: a view, valid until the plugin is destroyed. Copy it freely.
class Host {
public:
  // NOLINTNEXTLINE(google-explicit-constructor): the one way in
  Host(const mre_host *raw) noexcept : raw_(raw) {}
  const mre_host *raw() const noexcept { return raw_; }

  // The table of a service, null when this host has none.
  template <class Api>
  const Api *find(const char *id) const noexcept {
    return static_cast<const Api *>(raw_->service(raw_, id));
  }
  // The same for one that is needed.
  template <class Api>
  const Api *service(const char *id) const {
    const auto *api = find<Api>(id);
    if (api == nullptr) {
      throw Error(MRE_UNAVAILABLE, std::string("the service ") + id + " is not there");
    }
    return api;
  }

private:
  const mre_host *raw_;
};

} // namespace v1
} // namespace mre
#pragma GCC visibility pop
