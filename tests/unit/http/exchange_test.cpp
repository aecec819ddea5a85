#include "plugins/http/exchange.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace mre_http;

namespace {

// The host behind mre.peer/1: does what the test says while it is asked.
struct AskedHost {
  std::function<void()> meanwhile = [] {};
  mre_status status = MRE_OK;
  int asked = 0;
  int closed = 0;
  std::string body;
};
AskedHost *asked_host = nullptr; // the tables have no place for a pointer

mre_status take(const mre_host *, const mre_peer_request *request, mre_peer **peer,
                mre_error *err) {
  ++asked_host->asked;
  asked_host->body = mre::view(request->body);
  asked_host->meanwhile();
  if (asked_host->status != MRE_OK) {
    return mre::guarded(
        err, [] { throw mre::Error(asked_host->status, "the server is ending", "come back"); });
  }
  *peer = reinterpret_cast<mre_peer *>(asked_host); // NOLINT: an opaque handle
  return MRE_OK;
}

void let_go(const mre_host *, mre_peer *) {
  ++asked_host->closed;
}

struct Asking {
  Asking() { asked_host = &host; }
  AskedHost host;
  mre_peer_api api{sizeof(mre_peer_api), 0, nullptr, nullptr, nullptr, take, let_go};
  int woken = 0;
  std::atomic<std::size_t> waiting{0};
  Exchange exchange{{nullptr, &api}, [this] { ++woken; }, waiting, Notices::told};
};

} // namespace

TEST_CASE("a request that is over is let go of once") {
  Asking asking;
  asking.exchange.ask({.verb = MRE_REQUEST_POST, .body = "{}"});
  CHECK(asking.host.body == "{}");
  CHECK(asking.host.closed == 0);
  asking.exchange.end();
  asking.exchange.end();
  CHECK(asking.host.closed == 1);
  CHECK_FALSE(asking.exchange.failure());
}

TEST_CASE("a client that left before or while the host was asked is still told of, once") {
  for (const bool before : {true, false}) {
    Asking asking;
    if (before) {
      asking.exchange.end();
    } else {
      asking.host.meanwhile = [&] { asking.exchange.end(); };
    }
    asking.exchange.ask({.verb = MRE_REQUEST_POST, .body = "{}"});
    CHECK(asking.host.asked == 1); // it may be one that outlives its client
    CHECK(asking.host.closed == 1);
  }
}

TEST_CASE("a host that takes no request says why, and the loop is woken for it") {
  Asking asking;
  asking.host.status = MRE_CONFLICT;
  asking.exchange.ask({.verb = MRE_REQUEST_POST, .body = "{}"});
  CHECK(asking.exchange.failure() == "the server is ending");
  CHECK(asking.woken == 1);
  asking.exchange.end();
  CHECK(asking.host.closed == 0);
}
