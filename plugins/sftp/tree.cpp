// See tree.hpp.
#include "tree.hpp"

#include "arguments.hpp"
#include "schemas.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace sftp {

namespace {

// As the host's own bound on one folder's entries: more belongs into an archive.
constexpr std::uint64_t kMostEntries = 100000;
// All files together, in sizes of the largest that is allowed.
constexpr std::uint64_t kFilesOfMaximum = 100;
constexpr std::size_t kSkippedShown = 20;
constexpr std::size_t kWordsShown = 400;

} // namespace

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Sha256::finish_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length);
  EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 15U];
  }
  return text;
}

void TreeTally::add_file(const std::string &name, const std::string &sha256,
                         std::uint64_t file_bytes) {
  ++files;
  bytes += file_bytes;
  has_odd_names = has_odd_names || name.find_first_of("\n\r\\") != std::string::npos;
  sums.push_back({name, sha256});
}

std::string TreeTally::manifest() const {
  std::vector<Sum> sorted = sums;
  std::sort(sorted.begin(), sorted.end(),
            [](const Sum &a, const Sum &b) { return a.name < b.name; });
  std::string text;
  for (const Sum &sum : sorted) {
    text += sum.sha256 + "  ./" + sum.name + "\n";
  }
  return text;
}

void TreeLimits::count(const std::string &name, std::uint64_t bytes) {
  if (++entries_ > kMostEntries) {
    throw mre::Error(MRE_TOO_LARGE,
                     "the folder has more than " + std::to_string(kMostEntries) + " entries",
                     "pack it into an archive and transfer that");
  }
  bytes_ += bytes;
  if (max_file_ > 0 && bytes > max_file_) {
    throw mre::Error(MRE_TOO_LARGE,
                     name + ": " + size_text(bytes) + " are more than MAX_FILE_SIZE, " +
                         size_text(max_file_),
                     "raise MAX_FILE_SIZE, or set it to 0 for no limit");
  }
  if (max_file_ > 0 && bytes_ / kFilesOfMaximum > max_file_) {
    throw mre::Error(MRE_TOO_LARGE,
                     "the files together are more than " + std::to_string(kFilesOfMaximum) +
                         " times MAX_FILE_SIZE",
                     "raise MAX_FILE_SIZE, or set it to 0 for no limit");
  }
}

std::string tree_name(std::string_view name) {
  const std::string whole(name);
  while (name.substr(0, 2) == "./") {
    name.remove_prefix(2);
  }
  while (!name.empty() && name.back() == '/') {
    name.remove_suffix(1);
  }
  if (name.empty() || name == ".") {
    return {};
  }
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") {
      throw mre::Error(MRE_DENIED, "the far side names '" + whole + "', which lies outside",
                       "nothing was written there; look at that host with suspicion");
    }
    begin = end + 1;
  }
  return std::string(name);
}

FarTools far_tools(mre::Host host, const mre::Call &call, const std::string &target) {
  FarTools tools;
  mre::Command command;
  command.host = target;
  command.command = "command -v tar >/dev/null 2>&1 && echo has-tar; "
                    "command -v sha256sum >/dev/null 2>&1 && echo has-sum; echo has-shell";
  try {
    const mre::Executed ran = mre::Ssh(host).run(call, command);
    const auto has = [&](const char *word) { return ran.out.find(word) != std::string::npos; };
    tools = {has("has-tar"), has("has-sum"), has("has-shell")};
  } catch (const mre::Error &error) {
    if (error.status() != MRE_REMOTE_FAILED && error.status() != MRE_UNSUPPORTED) {
      throw; // a server for files alone refuses commands; anything else is in the way of files too
    }
  }
  return tools;
}

mre::Executed run_or_throw(mre::Host host, const mre::Call &call, const mre::Command &command,
                           const std::string &what) {
  mre::Executed ran = mre::Ssh(host).run(call, command);
  if (ran.succeeded()) {
    return ran;
  }
  if (ran.outcome == MRE_OUTCOME_TIMED_OUT) {
    throw mre::Error(MRE_TIMED_OUT, what + " took longer than MAX_TIMEOUT", "raise MAX_TIMEOUT");
  }
  if (ran.outcome == MRE_OUTCOME_CANCELLED) {
    throw mre::Error(MRE_CANCELLED, "cancelled", "");
  }
  if (ran.outcome == MRE_OUTCOME_LOST) {
    throw mre::Error(MRE_LOST, "the connection was lost during " + what, "try again");
  }
  std::string words = ran.err.substr(0, kWordsShown);
  words.erase(words.find_last_not_of(" \r\n") + 1);
  throw mre::Error(MRE_REMOTE_FAILED, what + " failed: " + (words.empty() ? "no words" : words),
                   "check the rights and the space on the host");
}

mre::Schema tree_output() {
  return output({"host", "local_path", "remote_path", "files", "bytes"},
                {{"host", text()},
                 {"local_path", text()},
                 {"remote_path", text()},
                 {"files", count()},
                 {"folders", count()},
                 {"links", count()},
                 {"bytes", count()},
                 {"sha256", text("of the list of digests and names")},
                 {"verified", text()},
                 {"method", text()},
                 {"skipped", {{"type", "array"}, {"items", {{"type", "string"}}}}},
                 {"duration_ms", count()},
                 {"bytes_per_second", count()}});
}

std::string skipped_text(const TreeTally &tally) {
  return tally.skipped.empty()
             ? std::string()
             : "; " + std::to_string(tally.skipped.size()) + " left out (devices, pipes, sockets)";
}

mre::json tree_result(const TreeTally &tally, const std::string &by, const char *verified) {
  Sha256 whole;
  whole.update(tally.manifest());
  std::vector<std::string> skipped = tally.skipped;
  if (skipped.size() > kSkippedShown) {
    skipped.resize(kSkippedShown);
    skipped.push_back("and " + std::to_string(tally.skipped.size() - kSkippedShown) + " more");
  }
  return {{"files", tally.files}, {"folders", tally.folders},     {"links", tally.links},
          {"bytes", tally.bytes}, {"sha256", whole.finish_hex()}, {"verified", verified},
          {"method", by},         {"skipped", std::move(skipped)}};
}

} // namespace sftp
