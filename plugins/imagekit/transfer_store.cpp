// See transfer_store.hpp.
#include "transfer_store.hpp"

#include "owner.hpp"

#include <algorithm>

namespace imagekit {

namespace {

// How long a record is kept after its transfer expired, so that a late confirm is told what
// happened.
constexpr std::int64_t kKeptSeconds = std::int64_t{24} * 3600;
// A claim is renewed at a third of it.
constexpr std::int64_t kClaimSeconds = 60;
// A process that lives may be silent for longer: while a host makes the digest of a large file, or
// ImageKit asks for patience. Not for ever, should it have failed to let go.
constexpr std::int64_t kSilenceSeconds = 3600;
constexpr std::chrono::milliseconds kBetweenTries{200};

mre::Error unknown(const std::string &id) {
  return {MRE_NOT_FOUND, "there is no transfer " + id,
          "transfers are known for a day on the server that made them: request a new one"};
}

} // namespace

bool is_free(const Transfer &transfer, std::int64_t now) {
  if (transfer.claimed_by.empty()) {
    return true;
  }
  switch (state_of_owner(transfer.claimed_by)) {
  case OwnerIs::gone:
    return true;
  case OwnerIs::alive:
    return transfer.claimed_until + kSilenceSeconds <= now;
  case OwnerIs::unknown:
    break;
  }
  return transfer.claimed_until <= now;
}

std::chrono::seconds TransferStore::lifetime_of(const Transfer &transfer) const {
  return std::chrono::seconds(std::max<std::int64_t>(transfer.expires - now_(), 0) + kKeptSeconds);
}

void TransferStore::create(const Transfer &transfer) {
  if (!records_.compare_and_put(key_of(transfer.id), std::nullopt, to_text(transfer),
                                lifetime_of(transfer))) {
    throw mre::Error(MRE_INTERNAL, "the transfer id " + transfer.id + " is taken");
  }
}

std::optional<Transfer> TransferStore::find(const std::string &id) {
  const auto text = records_.get(key_of(id));
  return text ? std::optional(read_transfer(*text)) : std::nullopt;
}

std::vector<Transfer> TransferStore::all() {
  std::vector<Transfer> transfers;
  for (const auto &[key, text] : records_.scan(key_of(""))) {
    try {
      transfers.push_back(read_transfer(text));
    } catch (const mre::Error &) { // one that nobody can read must not hide the others
    }
  }
  return transfers;
}

Claim::Claim(TransferStore &store, const std::string &id, TransferKind kind,
             const Patience &patience)
    : store_(store), owner_(make_owner()) {
  for (;;) {
    const auto text = store_.records_.get(TransferStore::key_of(id));
    if (!text) {
      throw unknown(id);
    }
    stored_ = *text;
    transfer_ = read_transfer(stored_);
    if (transfer_.kind != kind) {
      throw mre::Error(MRE_BAD_ARGUMENT,
                       "/transfer_id: " + id + " is " +
                           (kind == TransferKind::upload ? "a download" : "an upload"),
                       std::string("use imagekit_confirm_") + word_of(transfer_.kind));
    }
    const bool is_done = transfer_.is_over() && transfer_.leftovers.empty();
    if (is_done || (is_free(transfer_, store_.now()) && try_claim())) {
      return;
    }
    patience.pause(kBetweenTries);
  }
}

Claim::~Claim() {
  if (!is_held_) {
    return;
  }
  try {
    // What the transfer was when it was last written, not what an interrupted change left behind.
    Transfer released = read_transfer(stored_);
    released.claimed_by.clear();
    released.claimed_until = 0;
    store_.records_.compare_and_put(TransferStore::key_of(released.id), stored_, to_text(released),
                                    store_.lifetime_of(released));
  } catch (const std::exception &) { // the claim ends by itself
  }
}

bool Claim::try_claim() {
  Transfer claimed = transfer_;
  claimed.claimed_by = owner_;
  claimed.claimed_until = store_.now() + kClaimSeconds;
  const std::string text = to_text(claimed);
  if (!store_.records_.compare_and_put(TransferStore::key_of(claimed.id), stored_, text,
                                       store_.lifetime_of(claimed))) {
    return false;
  }
  transfer_ = std::move(claimed);
  stored_ = text;
  is_held_ = true;
  return true;
}

void Claim::write(Transfer changed) {
  changed.claimed_until = store_.now() + kClaimSeconds;
  if (changed.is_over()) {
    changed.claimed_by.clear();
    changed.claimed_until = 0;
  }
  const std::string text = to_text(changed);
  if (!is_held_ || !store_.records_.compare_and_put(TransferStore::key_of(changed.id), stored_,
                                                    text, store_.lifetime_of(changed))) {
    is_held_ = false;
    throw mre::Error(MRE_CONFLICT,
                     "another call took over the transfer " + changed.id + " meanwhile",
                     "call again to see what it did");
  }
  stored_ = text;
  transfer_.claimed_until = changed.claimed_until;
  is_held_ = !changed.is_over();
}

void Claim::save() {
  write(transfer_);
}

void Claim::renew() {
  if (transfer_.claimed_until - store_.now() < kClaimSeconds * 2 / 3) {
    write(read_transfer(stored_));
  }
}

} // namespace imagekit
