// The local files that plugins have open.
//
// Promise: a handle that was closed, or that is not one of ours, is recognised; what a call forgot
// is closed with it. Threads: any; one handle belongs to one thread at a time. Lifetime: part of
// Parts.
#pragma once

#include "core/base/guarded.hpp"
#include "core/base/result.hpp"
#include "core/guard/local_files.hpp"
#include "core/guard/local_tree.hpp"

#include <mre/plugin.h>

#include <map>
#include <memory>
#include <optional>

namespace mre::plugin_host {

struct LocalHandle {
  std::optional<guard::LocalSource> source;
  std::optional<guard::LocalTarget> target;
  std::optional<guard::LocalTree> tree;
  std::optional<Error> failure; // why the last read or write did not work
};

class LocalHandles {
public:
  LocalHandle *add(std::unique_ptr<LocalHandle> handle);
  // Null for one that is not open. Its call keeps it.
  const LocalHandle *find(void *handle) const;
  // Takes the handle out of the table; null for one that is not open.
  std::unique_ptr<LocalHandle> take(void *handle);

private:
  Guarded<std::map<void *, std::unique_ptr<LocalHandle>>> open_;
};

mre_source source_of(LocalHandle &handle);
mre_sink sink_of(LocalHandle &handle);
// When the stream is one of the two above: what went wrong in it. A callback can only say that
// something did.
std::optional<Error> failure_in(const mre_source &source);
std::optional<Error> failure_in(const mre_sink &sink);

} // namespace mre::plugin_host
