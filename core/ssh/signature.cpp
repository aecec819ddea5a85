// See signature.hpp.
#include "core/ssh/signature.hpp"

#include "core/ssh/ssh_string.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace mre::ssh {

namespace {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T *what) const {
    Free(what);
  }
};
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using PublicKey = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeBy<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreeBy<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>>;

// Longer keys only cost time: OpenSSH's own limit is 16384 bits.
constexpr std::size_t kMostRsaBytes = 2048 + 1;
// Shorter ones are refused, as OpenSSH does by RequiredRSASize.
constexpr int kLeastRsaBits = 1024;

const unsigned char *raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}

struct Curve {
  std::string_view type, name;
  const char *group;
  const EVP_MD *(*digest)();
};
constexpr std::array<Curve, 3> kCurves{
    {{"ecdsa-sha2-nistp256", "nistp256", "prime256v1", EVP_sha256},
     {"ecdsa-sha2-nistp384", "nistp384", "secp384r1", EVP_sha384},
     {"ecdsa-sha2-nistp521", "nistp521", "secp521r1", EVP_sha512}}};

PublicKey from_params(const char *kind, OSSL_PARAM_BLD *builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY *key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return PublicKey(key);
}

bool verify(EVP_PKEY *key, const EVP_MD *digest, std::string_view bytes,
            std::string_view signature) {
  const Digest context(EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(bytes),
                          bytes.size()) == 1;
}

bool verify_ed25519(SshReader key, std::string_view bytes, std::string_view signature) {
  const auto point = key.string();
  if (!point || !key.is_empty()) {
    return false;
  }
  const PublicKey made(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(*point), point->size()));
  return verify(made.get(), nullptr, bytes, signature);
}

Number number(std::string_view bytes) {
  return Number(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

bool verify_rsa(SshReader key, const EVP_MD *digest, std::string_view bytes,
                std::string_view signature) {
  const auto exponent = key.string();
  const auto modulus = key.string();
  if (!exponent || !modulus || !key.is_empty() || modulus->size() > kMostRsaBytes ||
      exponent->size() > kMostRsaBytes) {
    return false;
  }
  const Number e = number(*exponent);
  const Number n = number(*modulus);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (e == nullptr || n == nullptr || BN_num_bits(n.get()) < kLeastRsaBits || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1) {
    return false;
  }
  return verify(from_params("RSA", builder.get()).get(), digest, bytes, signature);
}

// The wire has the two numbers one after the other; OpenSSL wants them in DER.
std::string as_der(std::string_view signature) {
  SshReader reader(signature);
  const auto r = reader.string();
  const auto s = reader.string();
  constexpr std::size_t kMost = 67; // 521 bits and a sign
  if (!r || !s || !reader.is_empty() || r->size() > kMost || s->size() > kMost) {
    return {};
  }
  const EcdsaSignature both(ECDSA_SIG_new());
  Number first = number(*r);
  Number second = number(*s);
  if (both == nullptr || first == nullptr || second == nullptr ||
      ECDSA_SIG_set0(both.get(), first.get(), second.get()) != 1) {
    return {};
  }
  static_cast<void>(first.release());
  static_cast<void>(second.release());
  std::string der(static_cast<std::size_t>(std::max(i2d_ECDSA_SIG(both.get(), nullptr), 0)), '\0');
  auto *to = reinterpret_cast<unsigned char *>(der.data());
  i2d_ECDSA_SIG(both.get(), &to);
  return der;
}

bool verify_ecdsa(SshReader key, const Curve &curve, std::string_view bytes,
                  std::string_view signature) {
  const auto name = key.string();
  const auto point = key.string();
  if (!name || *name != curve.name || !point || !key.is_empty()) {
    return false;
  }
  const std::string der = as_der(signature);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (der.empty() || builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point->data(),
                                       point->size()) != 1) {
    return false;
  }
  return verify(from_params("EC", builder.get()).get(), curve.digest(), bytes, der);
}

} // namespace

bool is_signed_by(std::string_view key, std::string_view bytes, std::string_view signature) {
  SshReader key_reader(key);
  SshReader signature_reader(signature);
  const auto type = key_reader.string().value_or("");
  const auto algorithm = signature_reader.string().value_or("");
  const auto value = signature_reader.string();
  if (!value || !signature_reader.is_empty()) {
    return false;
  }
  if (type == "ssh-ed25519") {
    return algorithm == type && verify_ed25519(key_reader, bytes, *value);
  }
  if (type == "ssh-rsa") {
    return (algorithm == "rsa-sha2-512" && verify_rsa(key_reader, EVP_sha512(), bytes, *value)) ||
           (algorithm == "rsa-sha2-256" && verify_rsa(key_reader, EVP_sha256(), bytes, *value));
  }
  for (const Curve &curve : kCurves) {
    if (type == curve.type) {
      return algorithm == type && verify_ecdsa(key_reader, curve, bytes, *value);
    }
  }
  return false;
}

} // namespace mre::ssh
