// The ways in which a shell, a URL or a JSON text can spell a secret.
//
// Promise: plain; base64 and base64url at each of the three alignments; URL percent-encoding as the
// usual encoders do it, in both cases of hex; hex, plain and in separated bytes; JSON strings;
// shell words. Each spelling once, none shorter than the secret.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mre::guard {

struct Spelling {
  std::string text;
  bool may_wrap = false; // base64(1) and xxd(1) break their lines anywhere: line breaks inside do
                         // not end a match
};

std::vector<Spelling> spellings_of(std::string_view secret);

} // namespace mre::guard
