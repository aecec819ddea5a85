#include "core/ssh/output_spool.hpp"

#include "core/base/digest.hpp"
#include "core/base/file.hpp"
#include "core/base/guarded.hpp"
#include "core/base/unique_fd.hpp"
#include "core/guard/limits.hpp"
#include "core/ssh/spool_folder.hpp"
#include "core/ssh/spool_reader.hpp"
#include "core/ssh/spooled_output.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <thread>
#include <utility>

namespace mre::ssh {
namespace {

struct Entry {
  std::string id;
  std::shared_ptr<SpooledOutput> output;
  std::shared_ptr<std::atomic<SteadyTime::rep>> last_use; // since the clock's epoch
};

} // namespace

struct OutputSpool::State {
  State(std::string state_dir_in, std::uint64_t limit, const Clock &clock_in, const Log &log_in)
      : state_dir(std::move(state_dir_in)), limit_bytes(limit), clock(clock_in), log(log_in) {}

  // Expired outputs, and the oldest while all together are too much; their files go with the last
  // holder.
  void tidy(const SpooledOutput *spared) {
    std::list<Entry> gone;
    const auto now = clock.now();
    entries.with([&](std::list<Entry> &all) {
      std::uint64_t total = 0;
      for (const Entry &entry : all) {
        total += entry.output->kept_bytes();
      }
      const std::uint64_t most = limit_bytes * limits::kSpoolTotalFactor;
      for (auto at = all.begin(); at != all.end();) {
        const SteadyTime used{SteadyTime::duration(at->last_use->load())};
        const bool evict = total > most && at->output.get() != spared;
        const auto next = std::next(at);
        if (evict || now - used > limits::kSpoolLifetime) {
          total -= at->output->kept_bytes();
          gone.splice(gone.end(), all, at);
        }
        at = next;
      }
    });
    for (const Entry &entry : gone) {
      entry.output->discard();
    }
  }

  const std::string state_dir;
  std::atomic<std::uint64_t> limit_bytes;
  const Clock &clock;
  const Log &log;
  std::thread cleaner; // started with the folder
  Guarded<std::unique_ptr<SpoolFolder>> folder;
  Guarded<std::list<Entry>> entries; // oldest first
};

namespace {

class SpoolWriter final : public OutputSpool::Writer {
public:
  SpoolWriter(Entry entry, std::function<void(const SpooledOutput *)> tidy, const Clock &clock,
              const Log &log)
      : entry_(std::move(entry)), tidy_(std::move(tidy)), clock_(clock), log_(log) {}

  ~SpoolWriter() override { entry_.output->finish(); }

  const std::string &output_id() const override { return entry_.id; }
  void write(Stream stream, std::string_view bytes) override {
    if (auto written = entry_.output->write(stream, bytes); !written) {
      log_.warn("spool_failed", {{"output_id", entry_.id}, {"reason", written.error().message}});
    }
    entry_.last_use->store(clock_.now().time_since_epoch().count());
    // Looking at all outputs for every chunk would cost more than the chunk; a mebibyte more or
    // less is no matter.
    since_tidy_ += bytes.size();
    if (since_tidy_ >= (1U << 20U)) {
      since_tidy_ = 0;
      tidy_(entry_.output.get());
    }
  }

private:
  const Entry entry_;
  const std::function<void(const SpooledOutput *)> tidy_;
  const Clock &clock_;
  const Log &log_;
  std::uint64_t since_tidy_ = 0;
};

} // namespace

OutputSpool::OutputSpool(std::string state_dir, std::uint64_t limit_bytes, const Clock &clock,
                         const Log &log)
    : state_(std::make_shared<State>(std::move(state_dir), limit_bytes, clock, log)) {}

OutputSpool::~OutputSpool() {
  if (state_->cleaner.joinable()) {
    state_->cleaner.join();
  }
  state_->entries.with([](std::list<Entry> &all) {
    for (const Entry &entry : all) {
      entry.output->discard();
    }
    all.clear();
  });
}

Result<std::unique_ptr<OutputSpool::Writer>> OutputSpool::open() {
  MRE_TRY(const std::string path, state_->folder.with([&](auto &folder) -> Result<std::string> {
    if (!folder) {
      MRE_TRY(folder, SpoolFolder::create(state_->state_dir));
      // What a crash left behind may be large; the caller, who may be the reactor, does not wait
      // for it.
      state_->cleaner =
          std::thread([path = folder->path()] { SpoolFolder::remove_dead_ones_beside(path); });
    }
    return folder->path();
  }));
  Entry entry{random_hex(8), nullptr,
              std::make_shared<std::atomic<SteadyTime::rep>>(
                  state_->clock.now().time_since_epoch().count())};
  entry.output = std::make_shared<SpooledOutput>(path + "/" + entry.id, state_->limit_bytes);
  state_->entries.with([&](std::list<Entry> &all) { all.push_back(entry); });
  state_->tidy(entry.output.get());
  const std::weak_ptr<State> weak = state_;
  return std::unique_ptr<Writer>(std::make_unique<SpoolWriter>(
      std::move(entry),
      [weak](const SpooledOutput *spared) {
        if (const auto state = weak.lock()) {
          state->tidy(spared);
        }
      },
      state_->clock, state_->log));
}

Result<SpoolPage> OutputSpool::read(const std::string &output_id, const SpoolQuery &query) {
  state_->tidy(nullptr);
  const auto output =
      state_->entries.with([&](const std::list<Entry> &all) -> std::shared_ptr<SpooledOutput> {
        for (const Entry &entry : all) {
          if (equal_in_constant_time(entry.id, output_id)) {
            return entry.output;
          }
        }
        return nullptr;
      });
  if (!output) {
    return Error{
        Errc::not_found, "no output is kept under this output_id",
        "an output is kept for an hour and within the process that made it; run the command again"};
  }
  // The ring of a command that still prints may move on under the reader; three surveys are
  // patience enough.
  Result<SpoolPage> page = Error{};
  for (int attempt = 0; attempt < 3; ++attempt) {
    page = read_page(output->survey(query.stream), query);
    if (page || page.error().code != Errc::unavailable) {
      break;
    }
  }
  return page;
}

void OutputSpool::set_limit(std::uint64_t limit_bytes) {
  state_->limit_bytes = limit_bytes;
}

} // namespace mre::ssh
