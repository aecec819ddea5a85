// TransferStore and Claim: transfers in the durable store, and the right to work on one.
//
// Promise: a record changes only by compare-and-put, so two processes never undo each other; of any
// number of calls that claim a transfer at once, one gets it and the others wait for what it made
// of it. A claim whose process died is free at once; one whose machine cannot be asked, after a
// minute of silence; one whose process lives, after an hour of it. Threads: a TransferStore is
// shared; a Claim belongs to one. Lifetime: borrows the store service, the clock and the Patience.
#pragma once

#include "transfer.hpp"

#include <functional>
#include <string>
#include <vector>

namespace imagekit {

using UnixClock = std::function<std::int64_t()>;

// What is needed of mre.kv/1.
class RecordStore {
public:
  virtual ~RecordStore() = default;
  virtual std::optional<std::string> get(const std::string &key) = 0;
  virtual bool compare_and_put(const std::string &key, const std::optional<std::string> &expected,
                               const std::string &value, std::chrono::seconds lifetime) = 0;
  virtual std::vector<std::pair<std::string, std::string>> scan(const std::string &prefix) = 0;
};

class TransferStore {
public:
  TransferStore(RecordStore &records, UnixClock now) : records_(records), now_(std::move(now)) {}

  std::int64_t now() const { return now_(); }
  // The id must be new.
  void create(const Transfer &transfer);
  std::optional<Transfer> find(const std::string &id);
  std::vector<Transfer> all();

private:
  friend class Claim;
  static std::string key_of(const std::string &id) { return "transfer/" + id; }
  std::chrono::seconds lifetime_of(const Transfer &transfer) const;

  RecordStore &records_;
  UnixClock now_;
};

class Claim {
public:
  // Waits while another call works on it. Throws not_found for an unknown id, bad_argument for the
  // other kind. A transfer that is over and left nothing behind is not claimed, only read.
  Claim(TransferStore &store, const std::string &id, TransferKind kind, const Patience &patience);
  ~Claim(); // lets go; what was not saved is lost
  Claim(const Claim &) = delete;
  Claim &operator=(const Claim &) = delete;

  Transfer &transfer() { return transfer_; }
  // Writes the changed transfer down. Throws conflict when the claim was lost meanwhile.
  void save();
  // To be called now and then during long work.
  void renew();

private:
  bool try_claim();
  void write(Transfer changed);

  TransferStore &store_;
  Transfer transfer_;
  std::string stored_; // the text that the record has now
  std::string owner_;
  bool is_held_ = false;
};

// May somebody else take it?
bool is_free(const Transfer &transfer, std::int64_t now);

} // namespace imagekit
