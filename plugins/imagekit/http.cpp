// See http.hpp.
#include "http.hpp"

#include "http_session.hpp"
#include "proxy.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/URI.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <istream>
#include <mutex>
#include <ostream>

namespace imagekit {

namespace {

constexpr std::uint64_t kLeastBytesPerSecond = 32U << 10U;
constexpr std::size_t kReadAheadBytes = 128U << 10U; // of TLS; more measures no better

std::string place_of(const Poco::URI &uri) {
  return uri.getHost() + ":" + std::to_string(uri.getPort());
}

[[noreturn]] void fail(Trouble kind, const std::string &where, const std::string &why) {
  switch (kind) {
  case Trouble::tls:
    throw TransportFailure(kind, "no trusted TLS connection to " + where + ": " + why,
                           "if its certificate comes from an authority of your own, name that "
                           "authority's PEM file in IMAGEKIT_CA_FILE");
  case Trouble::timed_out:
    throw TransportFailure(kind, where + " did not answer in time: " + why, "call again later");
  case Trouble::cut:
    throw TransportFailure(kind, "the connection to " + where + " broke: " + why, "call again");
  case Trouble::unreachable:
    break;
  }
  throw TransportFailure(Trouble::unreachable, where + " cannot be reached: " + why,
                         "check the name, the network, and https_proxy of the server's machine");
}

// OpenSSL 3 takes it for an error of the protocol when a peer goes without TLS's own goodbye, which
// is what a lost link looks like.
Trouble trouble_of(const Poco::Net::SSLException &error) {
  return error.displayText().find("unexpected eof") != std::string::npos ? Trouble::cut
                                                                         : Trouble::tls;
}

// A cancel and a defect of ours pass through as they are.
template <class F>
auto translated(const std::string &where, F &&body) {
  try {
    return body();
  } catch (const Poco::TimeoutException &error) {
    fail(Trouble::timed_out, where, error.displayText());
  } catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException &error) {
    fail(Trouble::cut, where, error.displayText());
  } catch (const Poco::Net::SSLException &error) {
    fail(trouble_of(error), where, error.displayText());
  } catch (const Poco::Net::DNSException &error) {
    fail(Trouble::unreachable, where, error.displayText());
  } catch (const Poco::Net::ConnectionRefusedException &error) {
    fail(Trouble::unreachable, where, error.displayText());
  } catch (const Poco::Net::HTTPException &error) { // a proxy that would not let us through
    fail(Trouble::unreachable, where, error.displayText());
  } catch (const Poco::Exception &error) {
    fail(Trouble::cut, where, error.displayText());
  }
}

class PocoResponse : public HttpResponse {
public:
  PocoResponse(std::unique_ptr<HttpSession> session, std::string where)
      : session_(std::move(session)), where_(std::move(where)) {}

  void receive() {
    translated(where_, [this] {
      session_->wait_for_answer();
      body_ = &session_->receiveResponse(response_);
    });
    has_length_ = response_.hasContentLength() && !response_.getChunkedTransferEncoding();
    left_ = has_length_ ? static_cast<std::uint64_t>(response_.getContentLength64()) : 0;
  }

  int status() const override { return response_.getStatus(); }
  std::string header(const std::string &name) const override { return response_.get(name, ""); }

  std::size_t read(char *buffer, std::size_t capacity) override {
    return translated(where_, [&]() -> std::size_t {
      if (!has_length_) {
        const auto got = body_->rdbuf()->sgetn(buffer, static_cast<std::streamsize>(capacity));
        return got > 0 ? static_cast<std::size_t>(got) : 0;
      }
      if (left_ == 0) {
        return 0;
      }
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, left_));
      const std::size_t got = session_->read_some(buffer, wanted);
      if (got == 0) {
        fail(Trouble::cut, where_, std::to_string(left_) + " bytes of the answer are missing");
      }
      left_ -= got;
      return got;
    });
  }

private:
  std::unique_ptr<HttpSession> session_;
  std::string where_;
  Poco::Net::HTTPResponse response_;
  std::istream *body_ = nullptr;
  bool has_length_ = false;
  std::uint64_t left_ = 0;
};

// Content-Length stands in the header, so the body may go around the stream that Poco gives.
void send_body(HttpSession &session, const HttpRequest &request) {
  session.write_all(request.head);
  if (request.stream != nullptr) {
    std::uint64_t sent = 0;
    (*request.stream)([&](std::string_view bytes) {
      sent += bytes.size();
      if (sent > request.stream_bytes) {
        throw mre::Error(MRE_CONFLICT, "the file grew while it was read", "call again");
      }
      session.write_all(bytes);
    });
    if (sent < request.stream_bytes) {
      throw mre::Error(MRE_CONFLICT, "the file became shorter while it was read", "call again");
    }
  }
  session.write_all(request.tail);
}

void use_proxy(HttpSession &session, const ProxySettings &settings, const std::string &host) {
  const auto proxy = proxy_for(settings, host);
  if (!proxy) {
    return;
  }
  session.setProxy(proxy->host, proxy->port);
  if (!proxy->user.empty()) {
    session.setProxyCredentials(proxy->user, proxy->password);
  }
}

std::chrono::steady_clock::time_point deadline_of(const HttpRequest &request,
                                                  std::chrono::milliseconds exchange) {
  const std::uint64_t bytes = request.stream_bytes + request.answer_bytes;
  return std::chrono::steady_clock::now() + exchange +
         std::chrono::seconds(bytes / kLeastBytesPerSecond);
}

} // namespace

TransportFailure::TransportFailure(Trouble kind, const std::string &message, std::string hint)
    : mre::Error(kind == Trouble::timed_out ? MRE_TIMED_OUT
                 : kind == Trouble::cut     ? MRE_LOST
                                            : MRE_UNREACHABLE,
                 message, std::move(hint)),
      trouble_(kind) {}

std::string HttpResponse::text(std::size_t max_bytes) {
  std::string whole;
  std::string buffer(4096, '\0');
  while (whole.size() < max_bytes) {
    const std::size_t got = read(buffer.data(), std::min(buffer.size(), max_bytes - whole.size()));
    if (got == 0) {
      break;
    }
    whole.append(buffer, 0, got);
  }
  return whole;
}

// The system's authorities take tens of milliseconds to read: that is for the first connection, not
// for the start of the server. A file of the operator's own is read at the start as well, so that a
// wrong one is told then.
class HttpClient::Tls {
public:
  explicit Tls(std::string ca_file) : ca_file_(std::move(ca_file)) {
    if (!ca_file_.empty()) {
      static_cast<void>(load(SystemsToo::no));
    }
  }
  Poco::Net::Context::Ptr context() {
    std::call_once(loaded_, [this] { context_ = load(SystemsToo::yes); });
    return context_;
  }

private:
  enum class SystemsToo { no, yes };
  Poco::Net::Context::Ptr load(SystemsToo systems_too) const {
    try {
      // Strict: Poco leaves the check of the host's name out for loopback addresses otherwise.
      Poco::Net::Context::Ptr context(new Poco::Net::Context(
          Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file_, Poco::Net::Context::VERIFY_STRICT,
          9, systems_too == SystemsToo::yes));
      // Several records a system call instead of two calls a record.
      SSL_CTX_set_read_ahead(context->sslContext(), 1);
      SSL_CTX_set_default_read_buffer_len(context->sslContext(), kReadAheadBytes);
      context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
      return context;
    } catch (const Poco::Exception &error) {
      throw mre::Error(
          MRE_BAD_ARGUMENT,
          "the certificate authorities cannot be loaded" +
              (ca_file_.empty() ? std::string() : " from IMAGEKIT_CA_FILE=" + ca_file_) + ": " +
              error.displayText(),
          "name a PEM file of certificates, or leave the variable out");
    }
  }

  const std::string ca_file_;
  std::once_flag loaded_;
  Poco::Net::Context::Ptr context_;
};

HttpClient::HttpClient(const std::string &ca_file, ProxySettings proxy, HttpLimits limits)
    : proxy_(std::move(proxy)), limits_(limits) {
  if (!ca_file.empty() && ::access(ca_file.c_str(), R_OK) != 0) {
    throw mre::Error(MRE_BAD_ARGUMENT, "IMAGEKIT_CA_FILE=" + ca_file + " cannot be read",
                     "name a PEM file of certificates, or leave the variable out");
  }
  tls_ = std::make_unique<Tls>(ca_file);
}

HttpClient::~HttpClient() = default;

std::unique_ptr<HttpResponse> HttpClient::send(const HttpRequest &request,
                                               const Patience &patience) const {
  patience.check();
  const Poco::URI uri(request.url);
  const std::string where = place_of(uri);
  auto owned =
      std::make_unique<HttpSession>(uri.getHost(), uri.getPort(), tls_->context(), patience);
  HttpSession &session = *owned;
  session.set_limits(limits_.connect, limits_.silence);
  use_proxy(session, proxy_, uri.getHost());
  session.set_deadline(deadline_of(request, limits_.exchange));
  auto response = std::make_unique<PocoResponse>(std::move(owned), where);
  const std::uint64_t body = request.head.size() + request.stream_bytes + request.tail.size();
  std::exception_ptr broken;
  translated(where, [&] {
    Poco::Net::HTTPRequest head(request.method, uri.getPathEtc(), "HTTP/1.1");
    head.set("User-Agent", "mcp-remote-exec");
    for (const auto &[name, value] : request.headers) {
      head.set(name, value);
    }
    head.setContentLength64(static_cast<Poco::Int64>(body));
    session.sendRequest(head).flush();
    if (session.networkException() != nullptr) {
      session.networkException()->rethrow();
    }
  });
  try {
    translated(where, [&] { send_body(session, request); });
  } catch (const TransportFailure &failure) {
    // A server that refuses in the middle of a body says why and closes: its answer says more than
    // the broken pipe.
    if (failure.trouble() != Trouble::cut) {
      throw;
    }
    broken = std::current_exception();
  }
  try {
    response->receive();
  } catch (const TransportFailure &) {
    if (broken) {
      std::rethrow_exception(broken);
    }
    throw;
  }
  return response;
}

} // namespace imagekit
