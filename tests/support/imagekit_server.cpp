// See imagekit_server.hpp.
#include "tests/support/imagekit_server.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"

#include <Poco/Event.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTMLForm.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/PartHandler.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>
#include <sys/socket.h>

#include <algorithm>
#include <istream>
#include <ostream>

namespace mre::testing {

namespace {

constexpr const char *kAccount = "/acct"; // the first part of every delivery address

class FilePart : public Poco::Net::PartHandler {
public:
  void handlePart(const Poco::Net::MessageHeader &, std::istream &stream) override {
    Poco::StreamCopier::copyToString(stream, bytes);
  }
  std::string bytes;
};

FormFields fields_of(const Poco::Net::NameValueCollection &collection) {
  FormFields fields;
  for (const auto &[name, value] : collection) {
    fields[name] = value;
  }
  return fields;
}

FormFields query_of(const Poco::URI &uri) {
  FormFields query;
  for (const auto &[name, value] : uri.getQueryParameters()) {
    query[name] = value;
  }
  return query;
}

ImageKitCall call_of(const std::string &method, const std::string &path) {
  if (path.find("/files/upload") != std::string::npos) {
    return ImageKitCall::upload;
  }
  if (path == "/v1/files") {
    return ImageKitCall::list;
  }
  if (path == "/v1/files/purge") {
    return ImageKitCall::purge;
  }
  if (path.rfind("/v1/files/", 0) == 0) {
    return method == "DELETE" ? ImageKitCall::remove : ImageKitCall::details;
  }
  return ImageKitCall::deliver;
}

// "/v1/files/ID" and "/v1/files/ID/details"
std::string id_in(const std::string &path) {
  const std::string rest = path.substr(std::string("/v1/files/").size());
  return rest.substr(0, rest.find('/'));
}

} // namespace

class ImageKitHandler : public Poco::Net::HTTPRequestHandler {
public:
  explicit ImageKitHandler(ImageKitServer &server) : server_(server) {}

  void handleRequest(Poco::Net::HTTPServerRequest &request,
                     Poco::Net::HTTPServerResponse &response) override {
    descriptor_ =
        dynamic_cast<Poco::Net::HTTPServerRequestImpl &>(request).socket().impl()->sockfd();
    const Poco::URI uri(request.getURI());
    const ImageKitCall call = call_of(request.getMethod(), uri.getPath());
    server_.note({call, request.getMethod(), request.getURI(), request.get("Authorization", ""),
                  request.get("Range", "")});
    const auto fault = server_.next_fault(call);
    response.setKeepAlive(false);
    response.set("x-ik-requestid", "stand-in-1");
    if (fault && fault->kind == FaultKind::silence) {
      server_.wait_for_end();
      return;
    }
    if (fault && fault->kind == FaultKind::status) {
      drain(request);
      for (const auto &[name, value] : fault->headers) {
        response.set(name, value);
      }
      answer(response, {fault->status, {{"message", "as the test wants it"}}}, nullptr);
      return;
    }
    if (call == ImageKitCall::deliver) {
      deliver(uri, request, response, fault);
    } else if (call == ImageKitCall::upload) {
      upload(request, response, fault);
    } else {
      answer(response, manage(call, uri, request), fault ? &*fault : nullptr);
    }
  }

private:
  static void drain(Poco::Net::HTTPServerRequest &request) {
    std::string ignored;
    Poco::StreamCopier::copyToString(request.stream(), ignored);
  }

  bool has_key(const Poco::Net::HTTPServerRequest &request) const {
    // "<private key>:" in base64, computed by the test's own base library.
    return request.get("Authorization", "") == "Basic " + server_.basic_;
  }

  StoreAnswer manage(ImageKitCall call, const Poco::URI &uri,
                     Poco::Net::HTTPServerRequest &request) {
    std::string body;
    Poco::StreamCopier::copyToString(request.stream(), body);
    if (!has_key(request)) {
      return {401, {{"message", "Your account cannot be authenticated."}}};
    }
    switch (call) {
    case ImageKitCall::list:
      return server_.store_.list(query_of(uri));
    case ImageKitCall::details:
      return server_.store_.details(id_in(uri.getPath()));
    case ImageKitCall::remove:
      return server_.store_.remove(id_in(uri.getPath()));
    default: {
      const auto asked = parse_json(body);
      const std::string url = asked ? asked->value("url", "") : "";
      return server_.store_.purge(Poco::URI(url).getPath().substr(std::string(kAccount).size()));
    }
    }
  }

  void upload(Poco::Net::HTTPServerRequest &request, Poco::Net::HTTPServerResponse &response,
              const std::optional<Fault> &fault) {
    FilePart file;
    Poco::Net::HTMLForm form;
    form.load(request, request.stream(), file);
    const bool has_authorization = !request.get("Authorization", "").empty();
    if (has_authorization && !has_key(request)) {
      answer(response, {401, {{"message", "Your account cannot be authenticated."}}}, nullptr);
      return;
    }
    FormFields fields = fields_of(form);
    if (fault && fault->kind == FaultKind::stored_unsought) {
      fields["fileName"] = "something_else.bin";
    }
    StoreAnswer stored = server_.store_.upload(fields, std::move(file.bytes), has_authorization);
    if (fault && fault->kind == FaultKind::store_then_cut) {
      break_off();
    }
    answer(response, stored, fault ? &*fault : nullptr);
  }

  void deliver(const Poco::URI &uri, const Poco::Net::HTTPServerRequest &request,
               Poco::Net::HTTPServerResponse &response, const std::optional<Fault> &fault) {
    const std::string path = uri.getPath();
    auto delivery =
        path.rfind(std::string(kAccount) + "/", 0) == 0
            ? server_.store_.deliver(path.substr(std::string(kAccount).size()), query_of(uri))
            : ImageKitStore::Delivery{404, "no such account", {}};
    if (delivery.status != 200) {
      response.set("ik-error", delivery.error);
      answer(response, {delivery.status, nullptr}, nullptr);
      return;
    }
    if (fault) {
      delivery.bytes = damaged(delivery.bytes.text(), fault->kind);
    }
    const std::string_view bytes = delivery.bytes.text();
    const std::string range = request.get("Range", "");
    std::size_t offset = 0;
    if (range.rfind("bytes=", 0) == 0) {
      offset = std::min<std::size_t>(bytes.size(), std::stoull(range.substr(6)));
      response.setStatus(Poco::Net::HTTPResponse::HTTP_PARTIAL_CONTENT);
      response.set("Content-Range", "bytes " + std::to_string(offset) + "-" +
                                        std::to_string(bytes.size() - 1) + "/" +
                                        std::to_string(bytes.size()));
    }
    if (fault && fault->kind == FaultKind::trickle) {
      trickle(response, bytes.substr(offset));
      return;
    }
    if (fault && fault->kind == FaultKind::stall) {
      send_half(response, bytes.substr(offset));
      server_.wait_for_end();
      return;
    }
    send(response, bytes.substr(offset), fault && fault->kind == FaultKind::cut);
  }

  static std::string damaged(std::string bytes, FaultKind kind) {
    if (kind == FaultKind::wrong_size) {
      bytes.resize(bytes.size() / 2);
    }
    if (kind == FaultKind::wrong_bytes && !bytes.empty()) {
      bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    }
    return bytes;
  }

  void answer(Poco::Net::HTTPServerResponse &response, const StoreAnswer &answer,
              const Fault *fault) const {
    response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
    response.setContentType("application/json");
    send(response, answer.body.is_null() ? "" : dump_json(answer.body),
         fault != nullptr && fault->kind == FaultKind::cut);
  }

  void trickle(Poco::Net::HTTPServerResponse &response, std::string_view body) {
    response.setContentLength64(static_cast<Poco::Int64>(body.size()));
    std::ostream &out = response.send();
    for (std::size_t at = 0; at < body.size() && out.good() && !server_.ends_within(100); ++at) {
      out.put(body[at]);
      out.flush();
    }
  }

  static void send_half(Poco::Net::HTTPServerResponse &response, std::string_view body) {
    response.setContentLength64(static_cast<Poco::Int64>(body.size()));
    std::ostream &out = response.send();
    out.write(body.data(), static_cast<std::streamsize>(body.size() / 2));
    out.flush();
  }

  void send(Poco::Net::HTTPServerResponse &response, std::string_view body, bool is_cut) const {
    if (is_cut) {
      send_half(response, body);
      break_off();
    }
    response.setContentLength64(static_cast<Poco::Int64>(body.size()));
    std::ostream &out = response.send();
    out.write(body.data(), static_cast<std::streamsize>(body.size()));
    out.flush();
  }

  // As a link that is lost: TLS's own goodbye is not said.
  [[noreturn]] void break_off() const {
    ::shutdown(descriptor_, SHUT_RDWR);
    throw std::runtime_error("the connection breaks");
  }

  ImageKitServer &server_;
  int descriptor_ = -1;
};

namespace {

class HandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
public:
  explicit HandlerFactory(ImageKitServer &server) : server_(server) {}
  Poco::Net::HTTPRequestHandler *
  createRequestHandler(const Poco::Net::HTTPServerRequest &) override {
    return new ImageKitHandler(server_);
  }

private:
  ImageKitServer &server_;
};

Poco::Net::SecureServerSocket listen(const TestAuthority &authority) {
  const Poco::Net::Context::Ptr context(
      new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, authority.key_file(),
                             authority.certificate_file(), "", Poco::Net::Context::VERIFY_NONE));
  return {Poco::Net::SocketAddress("127.0.0.1", 0), 64, context};
}

} // namespace

struct ImageKitServer::Listening {
  explicit Listening(ImageKitServer &server)
      : socket(listen(server.authority_)), pool(2, 32),
        http(new HandlerFactory(server), pool, socket, new Poco::Net::HTTPServerParams) {}
  Poco::Event ended{Poco::Event::EVENT_MANUALRESET};
  Poco::Net::SecureServerSocket socket;
  Poco::ThreadPool pool;
  Poco::Net::HTTPServer http;
};

ImageKitServer::ImageKitServer(const TestAuthorityOptions &options)
    : keys_{"public_c3RhbmQtaW4tcHVibGlj", "private_q7+X/standin\\\"'$k3y"},
      authority_(folder_, options), store_(keys_), basic_(base64_encode(keys_.private_key + ":")),
      listening_(std::make_unique<Listening>(*this)) {
  listening_->http.start();
}

ImageKitServer::~ImageKitServer() {
  listening_->ended.set();
  listening_->http.stopAll(true);
  listening_->pool.joinAll();
}

std::string ImageKitServer::address() const {
  return "https://127.0.0.1:" + std::to_string(listening_->socket.address().port());
}

Environment ImageKitServer::environment() const {
  return {{"ENABLE_IMAGEKIT", "true"},
          {"IMAGEKIT_PUBLIC_KEY", keys_.public_key},
          {"IMAGEKIT_PRIVATE_KEY", keys_.private_key},
          {"IMAGEKIT_URL_ENDPOINT", address() + kAccount},
          {"IMAGEKIT_UPLOAD_URL", address() + "/api/v1/files/upload"},
          {"IMAGEKIT_API_URL", address()},
          {"IMAGEKIT_CA_FILE", ca_file()}};
}

void ImageKitServer::fail(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

std::optional<Fault> ImageKitServer::next_fault(ImageKitCall call) {
  const std::lock_guard lock(mutex_);
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (fault->call == call) {
      Fault found = *fault;
      if (--fault->times == 0) {
        faults_.erase(fault);
      }
      return found;
    }
  }
  return std::nullopt;
}

void ImageKitServer::note(SeenRequest request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
}

void ImageKitServer::wait_for_end() {
  listening_->ended.wait();
}

bool ImageKitServer::ends_within(long milliseconds) {
  return listening_->ended.tryWait(milliseconds);
}

std::vector<SeenRequest> ImageKitServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t ImageKitServer::count(ImageKitCall call) const {
  const auto seen = requests();
  return static_cast<std::size_t>(
      std::count_if(seen.begin(), seen.end(), [&](const auto &each) { return each.call == call; }));
}

} // namespace mre::testing
