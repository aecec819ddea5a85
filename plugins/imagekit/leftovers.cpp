// See leftovers.hpp.
#include "leftovers.hpp"

namespace imagekit {

namespace {

// Empty when the file is gone, by this call or before.
std::string remove_file(Desk &desk, const mre::Call &call, const SweptFile &file) {
  try {
    static_cast<void>(mre::Hosts(desk.host).resolve(file.host));
  } catch (const mre::Error &error) {
    return error.what(); // a host that is not configured now says nothing about its files
  }
  try {
    mre::Sftp(desk.host).remove(call, file.host, file.path);
  } catch (const mre::Error &error) {
    if (error.status() == MRE_NEEDS_INPUT || error.status() == MRE_CANCELLED) {
      throw;
    }
    return error.status() == MRE_NOT_FOUND ? std::string() : error.what();
  }
  return {};
}

} // namespace

std::vector<SweptFile> remove_leftovers(Desk &desk, Claim &claim, const mre::Call &call) {
  Transfer &transfer = claim.transfer();
  std::vector<SweptFile> swept;
  if (transfer.leftovers.empty()) {
    return swept;
  }
  std::vector<std::string> kept;
  for (const std::string &path : transfer.leftovers) {
    swept.push_back({transfer.file.host, path, {}});
    swept.back().failure = remove_file(desk, call, swept.back());
    if (!swept.back().failure.empty()) {
      kept.push_back(path);
    }
  }
  if (kept.size() < transfer.leftovers.size()) {
    transfer.leftovers = std::move(kept);
    claim.save();
  }
  return swept;
}

std::vector<SweptFile> sweep_leftovers(Desk &desk, const mre::Call &call) {
  const Patience patience(desk.stop, call);
  std::vector<SweptFile> swept;
  for (const Transfer &transfer : desk.store.all()) {
    if (transfer.leftovers.empty() || !is_free(transfer, desk.store.now())) {
      continue;
    }
    patience.check();
    Claim claim(desk.store, transfer.id, transfer.kind, patience);
    for (SweptFile &file : remove_leftovers(desk, claim, call)) {
      swept.push_back(std::move(file));
    }
  }
  return swept;
}

} // namespace imagekit
