#include "plugins/http/stream.hpp"
#include "tests/support/catch.hpp"

#include <mre/plugin.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

using namespace mre_http;

namespace {

struct Pem {
  std::string certificate, key;
};

// A folder with certificates that nobody trusts.
class Wallet {
public:
  Wallet() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mre-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~Wallet() { std::filesystem::remove_all(folder_); }
  Wallet(const Wallet &) = delete;
  Wallet &operator=(const Wallet &) = delete;

  Pem make(const std::string &name, const char *passphrase = nullptr) const {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY *)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509 *)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    Pem files{folder_ + "/" + name + ".crt", folder_ + "/" + name + ".key"};
    FILE *out = std::fopen(files.certificate.c_str(), "w");
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
    out = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), passphrase == nullptr ? nullptr : EVP_aes_128_cbc(),
                         nullptr, 0, nullptr,
                         const_cast<char *>(passphrase)); // NOLINT: the signature's
    std::fclose(out);
    return files;
  }

private:
  std::string folder_;
};

std::string complaint(const std::string &certificate, const std::string &key) {
  try {
    static_cast<void>(make_tls_context(certificate, key));
  } catch (const mre::Error &error) {
    return error.what();
  }
  return "";
}

// A client of TLS on the other end of a pair of sockets.
class TlsClient {
public:
  explicit TlsClient(int fd)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        ssl_(SSL_new(context_.get()), SSL_free), fd_(fd) {
    SSL_set_fd(ssl_.get(), fd);
    SSL_set_connect_state(ssl_.get());
  }
  ~TlsClient() { ::close(fd_); }
  SSL *ssl() { return ssl_.get(); }

private:
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX *)> context_;
  const std::unique_ptr<SSL, void (*)(SSL *)> ssl_;
  const int fd_;
};

struct Ends {
  int server = -1, client = -1;
  Ends() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    server = pair[0];
    client = pair[1];
  }
};

} // namespace

TEST_CASE("a handshake and its bytes pass without either side waiting for the other") {
  const Wallet wallet;
  const Pem files = wallet.make("good");
  const auto context = make_tls_context(files.certificate, files.key);
  const Ends ends;
  const auto stream = make_stream(ends.server, context);
  CHECK(stream->is_secure());
  TlsClient client(ends.client);
  char buffer[64];
  IoResult got = stream->read(buffer, sizeof buffer);
  CHECK(got.io == Io::again);
  // More than a socket takes at once, so that the writes have to be taken up again.
  const std::string large(1U << 20U, 'x');
  std::string heard;
  bool has_asked = false;
  std::size_t sent = 0;
  for (int turn = 0; turn < 100000 && heard.size() < large.size(); ++turn) {
    has_asked = has_asked || SSL_write(client.ssl(), "hello", 5) == 5;
    if (got.io != Io::done) {
      got = stream->read(buffer, sizeof buffer);
      REQUIRE(got.io != Io::closed);
    } else if (sent < large.size()) {
      const IoResult put = stream->write(large.data() + sent, large.size() - sent);
      REQUIRE(put.io != Io::closed);
      sent += put.bytes;
    }
    char piece[16384];
    const int count = SSL_read(client.ssl(), piece, sizeof piece);
    heard.append(piece, count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  CHECK(std::string(buffer, got.bytes) == "hello");
  CHECK(heard == large);
  stream->finish_writing();
  char last = 0;
  CHECK(SSL_read(client.ssl(), &last, 1) == 0);
  CHECK(SSL_get_error(client.ssl(), 0) == SSL_ERROR_ZERO_RETURN);
}

TEST_CASE("clear text on a port of TLS ends the connection and nothing else") {
  const Wallet wallet;
  const Pem files = wallet.make("good");
  const auto context = make_tls_context(files.certificate, files.key);
  {
    const Ends ends;
    const auto stream = make_stream(ends.server, context);
    REQUIRE(::send(ends.client, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18);
    char buffer[64];
    CHECK(stream->read(buffer, sizeof buffer).io == Io::closed);
    ::close(ends.client);
  }
  // The next connection of this thread is not blamed for it.
  const Ends ends;
  const auto stream = make_stream(ends.server, context);
  char buffer[64];
  CHECK(stream->read(buffer, sizeof buffer).io == Io::again);
  ::close(ends.client);
}

TEST_CASE("versions of TLS before 1.2 are refused") {
  const Wallet wallet;
  const Pem files = wallet.make("good");
  const auto context = make_tls_context(files.certificate, files.key);
  CHECK(SSL_CTX_get_min_proto_version(context->sslContext()) == TLS1_2_VERSION);
}

TEST_CASE("what is wrong with certificate or key is said with the name of the setting") {
  const Wallet wallet;
  const Pem one = wallet.make("one");
  const Pem other = wallet.make("other");
  const Pem locked = wallet.make("locked", "a passphrase");
  const auto says = [](const std::string &said, const char *part) {
    return said.find(part) != std::string::npos;
  };
  CHECK(complaint(one.certificate, one.key).empty());
  CHECK(says(complaint("/nowhere.crt", one.key), "HTTP_TLS_CERT: cannot read /nowhere.crt"));
  CHECK(says(complaint(one.certificate, "/nowhere.key"), "HTTP_TLS_KEY: cannot read"));
  CHECK(says(complaint(one.key, one.key), "HTTP_TLS_CERT"));
  CHECK(says(complaint(one.certificate, one.certificate), "HTTP_TLS_KEY"));
  CHECK(says(complaint(one.certificate, other.key), "HTTP_TLS_KEY"));
  CHECK(says(complaint(locked.certificate, locked.key), "passphrase"));
}

TEST_CASE("a plain stream tells bytes, silence and the end apart") {
  const Ends ends;
  const auto stream = make_stream(ends.server, {});
  CHECK_FALSE(stream->is_secure());
  char buffer[8];
  CHECK(stream->read(buffer, sizeof buffer).io == Io::again);
  REQUIRE(::send(ends.client, "hi", 2, 0) == 2);
  CHECK(stream->read(buffer, sizeof buffer).bytes == 2);
  CHECK(stream->write("ho", 2).bytes == 2);
  ::close(ends.client);
  CHECK(stream->read(buffer, sizeof buffer).io == Io::closed);
}
