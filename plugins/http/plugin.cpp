// http: Streamable HTTP (MCP basic/transports) as a plugin: bytes, headers, and who the client is.
// Everything about the protocol is the host's, reached through mre.peer/1.
//
// Threads: control functions on the host's; sockets on loops of their own (loop.hpp). Lifetime: the
// server exists from create() to destroy().
#include "server.hpp"

#include <mre/ext/peer.h>
#include <mre/plugin.hpp>
#include <mre/version.h>

#include <memory>

namespace {

class Http {
public:
  static mre::About about() {
    mre::About about;
    about.id = "http";
    about.version = MRE_VERSION_STRING;
    about.title = "Streamable HTTP";
    about.needs = {MRE_PEER, MRE_CONFIG, MRE_LOG};
    about.config_schema = mre_http::settings_schema();
    return about;
  }

  Http(mre::Host host, const mre::json &config)
      : peers_(host.service<mre_peer_api>(MRE_PEER)),
        server_(std::make_unique<mre_http::Server>(mre_http::read_settings(config), host,
                                                   mre::Config(host).limits().message_bytes)) {}

  void declare(mre::Registry &registry) {
    mre_transport transport{};
    transport.size = sizeof transport;
    transport.name = "http";
    transport.ctx = server_.get();
    transport.start = [](void *ctx, mre_error *err) {
      return mre::guarded(err, [&] { static_cast<mre_http::Server *>(ctx)->start(); });
    };
    transport.stop = [](void *ctx) {
      static_cast<void>(
          mre::guarded(nullptr, [&] { static_cast<mre_http::Server *>(ctx)->stop_listening(); }));
    };
    auto err = mre::error_value();
    mre::check(peers_->transport(registry.raw(), &transport, &err), err);
  }

private:
  const mre_peer_api *peers_;
  std::unique_ptr<mre_http::Server> server_;
};

} // namespace

MRE_PLUGIN(Http)
