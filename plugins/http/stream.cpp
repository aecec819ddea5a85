#include "stream.hpp"

#include <mre/plugin.hpp>

#include <Poco/Exception.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace mre_http {
namespace {

IoResult from_errno() {
  return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Io::again : Io::closed, 0};
}

// OpenSSL over the socket itself: Poco's secure sockets block during a handshake.
class TlsStream final : public Stream {
public:
  TlsStream(int fd, SSL *ssl) : Stream(fd), ssl_(ssl) {
    SSL_set_fd(ssl_, fd);
    SSL_set_accept_state(ssl_);
  }
  ~TlsStream() override { SSL_free(ssl_); }

  IoResult read(char *buffer, std::size_t capacity) override {
    return result_of(SSL_read(ssl_, buffer, to_int(capacity)));
  }
  IoResult write(const char *bytes, std::size_t count) override {
    return result_of(SSL_write(ssl_, bytes, to_int(count)));
  }
  bool wants_write() const override { return wants_write_; }
  bool is_secure() const override { return true; }
  void finish_writing() override {
    SSL_shutdown(ssl_);
    ERR_clear_error();
    Stream::finish_writing();
  }

private:
  static int to_int(std::size_t count) {
    return static_cast<int>(std::min<std::size_t>(count, std::numeric_limits<int>::max()));
  }
  IoResult result_of(int count) {
    wants_write_ = false;
    if (count > 0) {
      return {Io::done, static_cast<std::size_t>(count)};
    }
    const int problem = SSL_get_error(ssl_, count);
    ERR_clear_error(); // the queue belongs to the thread, not to this connection
    wants_write_ = problem == SSL_ERROR_WANT_WRITE;
    const bool may_go_on = wants_write_ || problem == SSL_ERROR_WANT_READ;
    return {may_go_on ? Io::again : Io::closed, 0};
  }

  SSL *const ssl_;
  bool wants_write_ = false;
};

} // namespace

Stream::~Stream() {
  ::close(fd_);
}

IoResult Stream::read(char *buffer, std::size_t capacity) {
  const ssize_t count = ::recv(fd_, buffer, capacity, 0);
  if (count < 0) {
    return from_errno();
  }
  return count == 0 ? IoResult{Io::closed, 0} : IoResult{Io::done, static_cast<std::size_t>(count)};
}

IoResult Stream::write(const char *bytes, std::size_t count) {
  const ssize_t written = ::send(fd_, bytes, count, MSG_NOSIGNAL);
  return written < 0 ? from_errno() : IoResult{Io::done, static_cast<std::size_t>(written)};
}

void Stream::finish_writing() {
  ::shutdown(fd_, SHUT_WR);
}

Poco::Net::Context::Ptr make_tls_context(const std::string &certificate, const std::string &key) {
  for (const auto &[variable, file] :
       {std::pair("HTTP_TLS_CERT", &certificate), std::pair("HTTP_TLS_KEY", &key)}) {
    if (::access(file->c_str(), R_OK) != 0) {
      throw mre::Error(MRE_BAD_ARGUMENT, std::string(variable) + ": cannot read " + *file,
                       "name a PEM file that the server may read");
    }
  }
  try {
    Poco::Net::Context::Params parameters;
    parameters.certificateFile = certificate;
    parameters.verificationMode = Poco::Net::Context::VERIFY_NONE;
    parameters.loadDefaultCAs = false;
    Poco::Net::Context::Ptr context(
        new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, parameters));
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    SSL_CTX *raw = context->sslContext();
    // Never a question on the terminal: a key with a passphrase is refused.
    SSL_CTX_set_default_passwd_cb(raw, [](char *, int, int, void *) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) != 1) {
      ERR_clear_error();
      throw mre::Error(MRE_BAD_ARGUMENT,
                       "HTTP_TLS_KEY: " + key +
                           " holds no private key without a passphrase that fits the certificate");
    }
    if (SSL_CTX_check_private_key(raw) != 1) {
      ERR_clear_error();
      throw mre::Error(MRE_BAD_ARGUMENT, "HTTP_TLS_KEY: the key does not fit HTTP_TLS_CERT");
    }
    // A write that could not go on may come again from another address with more bytes.
    SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION);
    return context;
  } catch (const Poco::Exception &error) {
    throw mre::Error(MRE_BAD_ARGUMENT, "HTTP_TLS_CERT: " + certificate + ": " + error.displayText(),
                     "it must hold the server's certificate and its chain as PEM");
  }
}

std::unique_ptr<Stream> make_stream(int fd, const Poco::Net::Context::Ptr &tls) {
  if (tls.isNull()) {
    return std::make_unique<Stream>(fd);
  }
  SSL *ssl = SSL_new(tls->sslContext());
  if (ssl == nullptr) {
    ERR_clear_error();
    ::close(fd);
    return nullptr;
  }
  return std::make_unique<TlsStream>(fd, ssl);
}

} // namespace mre_http
