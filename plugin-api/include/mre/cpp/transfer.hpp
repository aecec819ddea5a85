// mre/cpp/transfer.hpp - tools that move one file: what they tell of it, as ssh_upload_file does.
//
//   const mre::Stopwatch stopwatch;
//   …                                       // the file moves
//   const mre::Transferred moved{bytes, sha256, by_digest, permissions, existed};
//   return mre::Reply::of("Uploaded " + from + " to " + to + ": " + moved.summary(),
//                         moved.result({{"local_path", from}, {"remote_path", to}}, stopwatch));
//
// Threads: pure functions.
#pragma once

#include <mre/cpp/arguments.hpp>
#include <mre/cpp/schema.hpp>

#include <cstdint>
#include <string>

#pragma GCC visibility push(hidden) // private to each plugin, whatever its flags
namespace mre {
inline namespace v1 {

struct Transferred {
  std::uint64_t bytes = 0;
  std::string sha256;
  bool by_digest = false;        // verified by the far side's digest, else by the size
  std::uint32_t permissions = 0; // of the remote file, whichever way it moved
  bool overwritten = false;

  // "5 bytes, sha256 …, verified by size, replaced"
  std::string summary() const {
    return std::to_string(bytes) + " bytes, sha256 " + sha256 + ", verified by " +
           verified_word(by_digest) + (overwritten ? ", replaced" : "");
  }
  // where: the members that say from where to where.
  json result(json where, const Stopwatch &stopwatch) const {
    where.update({{"bytes", bytes},
                  {"sha256", sha256},
                  {"verified", verified_word(by_digest)},
                  {"permissions", octal_digits(permissions)},
                  {"overwritten", overwritten},
                  {"duration_ms", stopwatch.milliseconds()},
                  {"bytes_per_second", stopwatch.bytes_per_second(bytes)}});
    return where;
  }
};

namespace schema {

// The output schema of such a result; where: the members that say from where to where, which are
// always there.
inline Schema transfer_output(const Schema &where) {
  Schema needed = Schema::array();
  for (const auto &member : where.items()) {
    needed.push_back(member.key());
  }
  needed.insert(needed.end(), {"bytes", "sha256"});
  Schema properties = where;
  properties.update({{"bytes", count()},
                     {"sha256", text()},
                     {"verified", text()},
                     {"permissions", count()},
                     {"overwritten", truth()},
                     {"duration_ms", count()},
                     {"bytes_per_second", count()}});
  return output_of(std::move(needed), std::move(properties));
}

} // namespace schema
} // namespace v1
} // namespace mre
#pragma GCC visibility pop
