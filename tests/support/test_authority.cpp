// See test_authority.hpp.
#include "tests/support/test_authority.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace mre::testing {

namespace {

constexpr long kDay = 24 * 3600;

template <auto Function>
struct FreeBy {
  template <class T>
  void operator()(T *object) const {
    Function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;

void expect(bool is_done, const char *what) {
  if (!is_done) {
    throw std::runtime_error(std::string("OpenSSL could not ") + what);
  }
}

std::string text_of(const Bio &bio) {
  char *data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string pem_of(const Certificate &certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  expect(PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "write a certificate");
  return text_of(bio);
}

std::string pem_of(const Key &key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  expect(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "write a key");
  return text_of(bio);
}

void extend(const Certificate &certificate, X509 *issuer, int what, const std::string &value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate.get(), nullptr, nullptr, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  expect(extension != nullptr, "make an extension");
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(const Key &key, const char *name, long serial) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDay);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char *>(name), -1, -1, 0);
  return certificate;
}

void sign(const Certificate &certificate, X509 *issuer, const Key &key) {
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  expect(X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0, "sign a certificate");
}

} // namespace

TestAuthority::TestAuthority(const TemporaryFolder &folder, const TestAuthorityOptions &options) {
  const Key ca_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  expect(ca_key != nullptr && key != nullptr, "make keys");
  const Certificate ca = make_certificate(ca_key, "test authority", 1);
  extend(ca, ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(ca, ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(ca, ca.get(), NID_subject_key_identifier, "hash");
  sign(ca, ca.get(), ca_key);
  const Certificate server = make_certificate(key, options.host_name.c_str(), 2);
  extend(server, ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(server, ca.get(), NID_ext_key_usage, "serverAuth");
  extend(server, ca.get(), NID_subject_alt_name,
         "DNS:" + options.host_name + (options.is_for_loopback ? ",IP:127.0.0.1" : ""));
  sign(server, ca.get(), ca_key);
  ca_file_ = folder.write("ca.pem", pem_of(ca));
  certificate_file_ = folder.write("server.pem", pem_of(server));
  key_file_ = folder.write("server.key", pem_of(key));
}

} // namespace mre::testing
