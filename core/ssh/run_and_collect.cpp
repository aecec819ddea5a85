// See run_and_collect.hpp.
#include "core/ssh/run_and_collect.hpp"

#include "core/base/guarded.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mre::ssh {

namespace {

constexpr std::size_t kKeptOutput = 4096; // an answer is a line; the rest can only be an error text

class Collector final : public ExecObserver {
public:
  std::size_t room() override { return kKeptOutput; }
  void on_output(Stream stream, std::string_view bytes) override {
    std::string &kept = stream == Stream::out ? out_ : err_;
    kept.append(bytes.substr(0, kKeptOutput - std::min(kept.size(), kKeptOutput)));
  }
  void on_end(Result<ExecEnd> end) override {
    end_.with([&](auto &slot) { slot = std::move(end); });
    end_.notify_all();
  }
  // The engine promises on_end exactly once, after the request's timeout at the latest.
  Result<ExecEnd> wait() {
    return end_.wait([](const auto &slot) { return slot.has_value(); },
                     [](auto &slot) { return *std::move(slot); });
  }
  std::string take_out() { return std::move(out_); }
  std::string take_err() { return std::move(err_); }

private:
  std::string out_;
  std::string err_;
  Guarded<std::optional<Result<ExecEnd>>> end_;
};

} // namespace

Result<Collected> run_and_collect(Engine &engine, ExecRequest request, std::stop_token stop) {
  const auto collector = std::make_shared<Collector>();
  const std::shared_ptr<Execution> execution = engine.start(std::move(request), collector);
  Result<ExecEnd> ended = [&] {
    const std::stop_callback cancel(stop, [&] { execution->cancel(); });
    return collector->wait();
  }();
  if (!ended) {
    return std::move(ended).error();
  }
  return Collected{*std::move(ended), collector->take_out(), collector->take_err()};
}

} // namespace mre::ssh
