// The hosts of this moment, following edits of the host book and of the ssh configuration.
//
// Promise: hosts() looks at the identity of each file (one stat) and reads them again only when one
// changed; a broken edit keeps the last good hosts and says why in `warning`; whoever must know the
// new secrets is told before the new hosts are visible.
// Threads: any. Lifetime: built by main; the listener outlives it.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/config/host_book.hpp"
#include "core/config/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mre::config {

class FileHostSource final : public HostSource {
public:
  // Called on the thread that noticed the change, without a lock held: secrets and key files to
  // protect from now on.
  using Listener = std::function<void(const HostBookReading &)>;

  // `first` is what the settings were loaded with; it is visible until the file changes.
  FileHostSource(HostBookInput input, HostBookPtr first, const Clock &clock, Listener listener);

  HostBookPtr hosts() override;

  // New settings (SIGHUP): from now on this input counts.
  void replace(HostBookInput input, HostBookPtr first);

private:
  struct Identity {
    bool exists = false;
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const Identity &) const = default;
  };
  struct State {
    std::shared_ptr<const HostBookInput> input;
    HostBookPtr book;
    std::vector<std::string> files;
    std::vector<Identity> identities; // parallel to files
    bool is_settled =
        false; // the files are old enough that an edit in the same clock tick would show
  };

  static Identity look_at(const std::string &path);
  static std::vector<Identity> look_at_all(const std::vector<std::string> &paths);
  State initial(HostBookInput input, HostBookPtr first) const;
  bool is_settled(const std::vector<Identity> &identities) const;
  HostBookPtr read_again(const State &before);

  const Clock &clock_;
  Listener listener_;
  Guarded<State> state_;
};

} // namespace mre::config
