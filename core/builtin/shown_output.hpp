// What of two streams goes into a result of limited size.
//
// Promise: both together hold at most `character_limit` characters (code points, as base64 counts
// its own); a stream that needs less than its half is shown whole and the other gets the rest; what
// is cut is cut in the middle, marked with how much is missing. Binary streams are base64, cut at
// the end, so that what is there decodes. Threads: pure.
#pragma once

#include "core/builtin/output_window.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mre::builtin {

struct ShownStream {
  std::string text;
  bool base64 = false;
  bool cut = false;
};

struct ShownOutput {
  ShownStream out, err;
};

// True when not everything can be shown.
bool needs_cut(const OutputWindow &out, const OutputWindow &err, std::size_t character_limit);

// output_id goes into the marker; empty when the rest is kept nowhere.
ShownOutput show_output(const OutputWindow &out, const OutputWindow &err,
                        std::size_t character_limit, std::string_view output_id);

} // namespace mre::builtin
