// See guest_files.hpp.
#include "guest_files.hpp"

#include "arguments.hpp"
#include "digest.hpp"
#include "guest_scripts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace proxmox {

namespace {

constexpr std::uint64_t kDigestFrom = 64U << 10U; // below, hashing costs more than it proves
// A slow disk behind a slow link; beyond it a stream counts as stuck.
constexpr std::uint64_t kSlowestBytesPerMillisecond = 50;
constexpr std::chrono::minutes kShortest{5};
constexpr std::chrono::hours kLongest{24};
constexpr std::size_t kTextBytes = 64U << 10U; // of reports and complaints

std::chrono::milliseconds patience(std::uint64_t bytes) {
  if (bytes == mre::kUnknownSize) {
    return kLongest;
  }
  return kShortest + std::chrono::milliseconds(bytes / kSlowestBytesPerMillisecond);
}

struct Place {
  std::string name; // "container 101 on pve1"
  std::string path;
};

Place place_of(const Container &container, const std::string &path) {
  return {"container " + std::to_string(container.ctid()) + " on " + container.node().name(), path};
}

mre::Error failure(const Place &place, const ScriptFailure &failed, const std::string &err) {
  const std::string &word = failed.word;
  const std::string where =
      place.name + ": " + (failed.detail.empty() ? place.path : failed.detail);
  const std::string words = own_words(err, {});
  const std::string why = words.empty() ? "" : ": " + words;
  if (word == "exists") {
    return {MRE_ALREADY_EXISTS, where + " exists", "use overwrite=true to replace it"};
  }
  if (word == "missing") {
    return {MRE_NOT_FOUND, where + " does not exist", "list the folder to see what is there"};
  }
  if (word == "no_parent") {
    return {MRE_NOT_FOUND, "the folder " + failed.detail + " does not exist in " + place.name,
            "use create_parents=true to make it"};
  }
  if (word == "is_directory") {
    return {MRE_BAD_ARGUMENT, where + " is a folder", "name a file in it"};
  }
  if (word == "not_directory" || word == "not_regular") {
    return {MRE_BAD_ARGUMENT,
            where + (word == "not_regular" ? " is not a regular file" : " is not a folder"),
            "name a regular file"};
  }
  if (word == "too_large") {
    return {MRE_TOO_LARGE,
            place.name + ": " + place.path + " has " + failed.detail +
                " bytes, which is more than MAX_FILE_SIZE",
            "raise MAX_FILE_SIZE, or set it to 0 for no limit"};
  }
  if (word == "differs") {
    return {MRE_REMOTE_FAILED,
            where.substr(0, place.name.size()) + ": what arrived of " + place.path +
                " has SHA-256 " + failed.detail + ", which is not that of the bytes sent",
            "nothing was put in place: try again, and look at the container's disk"};
  }
  if (word == "incomplete") {
    return {MRE_REMOTE_FAILED, place.name + ": the stream for " + place.path + " ended early" + why,
            "nothing was put in place: try again"};
  }
  if (word == "no_digest") {
    return {MRE_UNSUPPORTED, place.name + " has no sha256sum", "use verify=size"};
  }
  return {MRE_REMOTE_FAILED, where + ": " + word + " failed" + why,
          words.find("No space left") != std::string::npos
              ? "nothing was put in place: free some space in the container first"
              : "nothing was put in place"};
}

// The end of a script that gave no report.
[[noreturn]] void explain(const Container &container, const Place &place, const mre::Executed &done,
                          const std::string &out) {
  if (const auto failed = parse_failure(out)) {
    throw failure(place, *failed, done.err);
  }
  check_outcome(done, {"pct exec " + std::to_string(container.ctid()), container.node().name()});
  container.check_refusal(done);
  const std::string words = own_words(done.err, out);
  throw mre::Error(MRE_REMOTE_FAILED,
                   place.name + ": " + place.path + ": " +
                       (words.empty() ? "the container gave no report" : words),
                   "see whether sh, cat, wc, tail, stat and mv work in the container");
}

std::string octal_text(std::uint32_t mode) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%o", mode);
  return buffer.data();
}

const char *verify_word(int32_t verify) {
  return verify == MRE_VERIFY_DIGEST ? "digest" : verify == MRE_VERIFY_SIZE ? "size" : "auto";
}

// The consumer of the service may have no call to show progress in.
void show(const mre::Call &call, std::uint64_t done, std::uint64_t total) {
  if (call.raw() != nullptr) {
    call.progress(static_cast<double>(done), static_cast<double>(total));
  }
}

// The source's bytes, counted and hashed, and the trailer after them.
class Feed {
public:
  Feed(const GuestWriteRequest &request, const mre::Call &call) : request_(request), call_(call) {}

  std::size_t read(char *buffer, std::size_t capacity) {
    if (!source_ended_) {
      const std::int64_t got = request_.source.read(request_.source.ctx, buffer, capacity);
      if (got < 0 || static_cast<std::size_t>(got) > capacity) {
        throw mre::Error(MRE_LOCAL_FAILED, "reading what was to be written failed");
      }
      if (got > 0) {
        take({buffer, static_cast<std::size_t>(got)});
        return static_cast<std::size_t>(got);
      }
      end();
    }
    const std::size_t count = std::min(capacity, trailer_.size());
    std::memcpy(buffer, trailer_.data(), count);
    trailer_.erase(0, count);
    return count;
  }
  std::uint64_t bytes() const { return bytes_; }
  const std::string &sha256() const { return sha256_; }

private:
  void take(std::string_view chunk) {
    bytes_ += chunk.size();
    const std::uint64_t limit = request_.file.max_bytes;
    if (limit > 0 && bytes_ > limit) {
      throw mre::Error(MRE_TOO_LARGE, "more than MAX_FILE_SIZE, " + size_text(limit),
                       "raise MAX_FILE_SIZE, or set it to 0 for no limit");
    }
    hash_.add(chunk);
    const std::uint64_t total = request_.file.expected_bytes;
    show(call_, bytes_, total == mre::kUnknownSize ? 0 : total);
  }
  void end() {
    source_ended_ = true;
    sha256_ = hash_.hex();
    const std::uint64_t expected = request_.file.expected_bytes;
    if (expected != mre::kUnknownSize && bytes_ != expected) {
      throw mre::Error(MRE_CONFLICT,
                       "the source gave " + std::to_string(bytes_) + " bytes, not " +
                           std::to_string(expected) + ": it changed meanwhile",
                       "try again");
    }
    if (!request_.expected_sha256.empty() && request_.expected_sha256 != sha256_) {
      throw mre::Error(MRE_CONFLICT,
                       "the bytes have SHA-256 " + sha256_ + ", not " + request_.expected_sha256,
                       "nothing was put in place");
    }
    trailer_ = trailer(sha256_, bytes_);
  }

  const GuestWriteRequest &request_;
  const mre::Call &call_;
  Sha256 hash_;
  bool source_ended_ = false;
  std::uint64_t bytes_ = 0;
  std::string sha256_;
  std::string trailer_;
};

// A text that may be long, kept to what is read of it.
auto keep(std::string &into) {
  return [&into](std::string_view chunk) {
    into.append(chunk.substr(0, kTextBytes - std::min(kTextBytes, into.size())));
  };
}

} // namespace

mre::RemoteWritten write_in(const Container &container, const GuestWriteRequest &request) {
  container.prepare();
  const Place place = place_of(container, request.file.path);
  const std::string marker = random_name();
  const std::string temporary = ".mre-" + random_name() + ".tmp";
  const auto digit = [](bool is_set) { return std::string(is_set ? "1" : "0"); };
  const std::vector<std::string> words{
      request.file.path,
      temporary,
      digit(request.file.overwrite),
      digit(request.file.create_parents),
      request.file.permissions ? octal_text(*request.file.permissions) : std::string(),
      verify_word(request.file.verify)};
  Feed feed(request, container.node().call());
  mre::Source source(
      [&feed](char *buffer, std::size_t capacity) { return feed.read(buffer, capacity); });
  mre::Command command =
      container.node().command_for(container.line(script_words(kWriteScript, words, {}, marker)),
                                   patience(request.file.expected_bytes));
  command.input_source = &source;
  mre::Executed done;
  try {
    std::string out;
    std::string err;
    mre::Sink out_sink(keep(out));
    mre::Sink err_sink(keep(err));
    done =
        mre::Ssh(container.node().host()).run(container.node().call(), command, out_sink, err_sink);
    done.out = std::move(out);
    done.err = std::move(err);
  } catch (...) {
    container.sweep(marker, request.file.path, temporary);
    throw;
  }
  const auto report = parse_write_report(done.out);
  if (!report || report->bytes != feed.bytes()) {
    if (done.outcome == MRE_OUTCOME_CANCELLED || done.outcome == MRE_OUTCOME_TIMED_OUT) {
      container.sweep(marker, request.file.path, temporary);
    }
    explain(container, place, done, done.out);
  }
  mre::RemoteWritten written;
  written.bytes = feed.bytes();
  written.file_bytes = report->bytes;
  written.sha256 = feed.sha256();
  written.real_path = report->real_path;
  written.by_digest = report->by_digest;
  written.existed = report->existed;
  written.permissions = report->permissions;
  return written;
}

namespace {

bool wants_digest(const GuestReadRequest &request, std::uint64_t bytes) {
  const bool is_whole = request.file.offset == 0 && request.file.max_bytes == mre::kNoLimit;
  return is_whole && (request.verify == MRE_VERIFY_DIGEST ||
                      (request.verify == MRE_VERIFY_AUTO && bytes >= kDigestFrom));
}

std::vector<std::string> read_words(const GuestReadRequest &request) {
  const bool is_all = request.file.max_bytes == mre::kNoLimit;
  return {request.file.path,
          std::to_string(request.file.offset),
          is_all ? std::string() : std::to_string(request.file.max_bytes),
          request.largest == 0 ? std::string() : std::to_string(request.largest),
          is_all && request.file.offset == 0 && request.verify != MRE_VERIFY_SIZE ? "1" : "0",
          "0"};
}

void check_digest(const Place &place, const GuestReadRequest &request, const std::string &far_side,
                  GuestReadResult &result) {
  if (!wants_digest(request, result.bytes)) {
    return;
  }
  if (far_side.empty()) {
    if (request.verify == MRE_VERIFY_DIGEST) {
      throw mre::Error(MRE_UNSUPPORTED, place.name + " has no sha256sum", "use verify=size");
    }
    return;
  }
  if (far_side != result.sha256) {
    throw mre::Error(MRE_CONFLICT,
                     place.name + ": " + place.path + " has SHA-256 " + far_side +
                         ", what arrived has " + result.sha256,
                     "the file changed while it was read: try again, or use verify=size");
  }
  result.by_digest = true;
}

} // namespace

GuestReadResult read_in(const Container &container, const GuestReadRequest &request) {
  container.prepare();
  const Place place = place_of(container, request.file.path);
  GuestReadResult result;
  Sha256 hash;
  std::uint64_t total = 0;
  ReadStream stream([&](const ReadStream::Header &header) { total = header.info.bytes; },
                    [&](std::string_view bytes) {
                      result.bytes += bytes.size();
                      hash.add(bytes);
                      show(container.node().call(), result.bytes, total);
                      return request.content(bytes);
                    });
  std::string err;
  mre::Sink out_sink([&stream](std::string_view chunk) { return stream.take(chunk); });
  mre::Sink err_sink(keep(err));
  mre::Executed done =
      mre::Ssh(container.node().host())
          .run(
              container.node().call(),
              container.node().command_for(
                  container.line(script_words(kReadScript, read_words(request), {}, random_name())),
                  kLongest),
              out_sink, err_sink);
  done.err = std::move(err);
  const auto far_side = stream.sha256();
  if (!far_side) {
    if (stream.has_header() && done.outcome == MRE_OUTCOME_EXITED) {
      throw mre::Error(MRE_REMOTE_FAILED,
                       place.name + ": reading " + place.path +
                           " failed: " + own_words(done.err, "the stream ended early"),
                       "try again");
    }
    explain(container, place, done, stream.has_header() ? std::string() : stream.head());
  }
  result.info = stream.header().info;
  result.real_path = stream.header().real_path;
  result.sha256 = hash.hex();
  const bool is_all = request.file.offset == 0 && request.file.max_bytes == mre::kNoLimit;
  if (is_all && result.bytes < result.info.bytes) {
    throw mre::Error(MRE_CONFLICT, place.path + " became shorter while it was read", "try again");
  }
  check_digest(place, request, *far_side, result);
  return result;
}

mre::RemoteStat stat_in(const Container &container, const std::string &path) {
  const std::vector<std::string> words =
      script_words(kReadScript, {path, "0", "", "", "0", "1"}, {}, random_name());
  mre::Executed done =
      container.node().execute(container.node().command_for(container.line(words), {}));
  if (container.learn(done.err)) {
    done = container.node().execute(container.node().command_for(container.line(words), {}));
  }
  ReadStream stream([](const ReadStream::Header &) {}, [](std::string_view) { return true; });
  stream.take(done.out);
  if (!stream.has_header()) {
    explain(container, place_of(container, path), done, done.out);
  }
  return {stream.header().info, stream.header().real_path};
}

} // namespace proxmox
