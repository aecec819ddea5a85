#include "exchange.hpp"

namespace mre_http {

Exchange::Exchange(PeerDoor door, std::function<void()> wake, std::atomic<std::size_t> &waiting,
                   Notices notices)
    : door_(door), wake_(wake), answer_(std::move(wake), waiting, notices) {}

mre_peer *Exchange::open(const HostRequest &asked) {
  std::vector<mre_field> fields;
  fields.reserve(asked.fields.size());
  for (const auto &[name, value] : asked.fields) {
    fields.push_back({mre::borrow(name), mre::borrow(value)});
  }
  mre_client client{};
  client.size = sizeof client;
  client.principal = mre::borrow(asked.principal);
  const mre_outlet outlet = answer_.outlet();
  mre_peer_request request{};
  request.size = sizeof request;
  request.flags = asked.takes_events ? 0U : std::uint32_t{MRE_REQUEST_NO_STREAM};
  request.verb = asked.verb;
  request.field_count = static_cast<std::uint32_t>(fields.size());
  request.fields = fields.data();
  request.body = mre::borrow(asked.body);
  request.client = &client;
  request.outlet = &outlet;
  mre_peer *peer = nullptr;
  auto err = mre::error_value();
  mre::check(door_.peers->request(door_.host, &request, &peer, &err), err);
  return peer;
}

void Exchange::ask(const HostRequest &request) {
  mre_peer *peer = nullptr;
  auto err = mre::error_value();
  const mre_status status = mre::guarded(&err, [&] { peer = open(request); });
  bool has_ended = false;
  {
    const std::lock_guard lock(mutex_);
    has_ended = has_ended_;
    peer_ = has_ended ? nullptr : peer;
    if (status != MRE_OK) {
      failure_ = err.message;
    }
  }
  if (has_ended && peer != nullptr) {
    door_.peers->close(door_.host, peer); // end() found nothing to close
  } else if (status != MRE_OK) {
    wake_();
  }
}

std::optional<std::string> Exchange::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Exchange::end() {
  mre_peer *peer = nullptr;
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    peer = std::exchange(peer_, nullptr);
  }
  if (peer != nullptr) {
    door_.peers->close(door_.host, peer);
  }
}

} // namespace mre_http
