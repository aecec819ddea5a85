// Host certificates as a server may send them: no bytes do harm; one that counts is by a known
// authority and counts no more with a bit changed; and what is fetched out of a server's bytes is
// the same however they are cut.
#include "core/guard/limits.hpp"
#include "core/ssh/certificate_fetch.hpp"
#include "core/ssh/host_certificate.hpp"
#include "core/ssh/signature.hpp"
#include "core/ssh/ssh_string.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace mre;
using namespace mre::ssh;

void expect(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// A server that says what it says, whatever it hears, so many bytes at a time.
class SpokenLink final : public Link {
public:
  SpokenLink(std::string_view bytes, std::size_t piece)
      : rest_(bytes), piece_(piece), always_ready_(::eventfd(1, EFD_CLOEXEC)) {}

  int descriptor() const override { return always_ready_.get(); }
  short events(bool) const override { return POLLIN; }
  ssize_t receive(std::span<char> into) override {
    if (piece_ < into.size() && !std::exchange(has_waited_, !has_waited_)) {
      return -EAGAIN; // before each piece, as a network does
    }
    const std::size_t count = std::min({rest_.size(), into.size(), piece_});
    std::copy_n(rest_.data(), count, into.data());
    rest_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t send(std::string_view bytes) override { return static_cast<ssize_t>(bytes.size()); }
  std::string end_reason() const override { return {}; }

private:
  std::string_view rest_;
  const std::size_t piece_;
  const UniqueFd always_ready_;
  bool has_waited_ = false;
};

std::string fetched(std::string_view bytes, std::size_t piece) {
  static const SystemClock clock;
  static const UniqueFd never_stops(::eventfd(0, EFD_CLOEXEC));
  SpokenLink link(bytes, piece);
  const auto certificate = fetch_host_certificate(link, {clock, {}, never_stops.get()});
  expect(certificate.has_value()); // a broken answer is no certificate, and no failure
  return *certificate;
}

// The authority that a certificate names, as if it were known; garbage for garbage.
std::string authority_in(std::string_view certificate) {
  SshReader reader(certificate);
  const std::string_view type = reader.string().value_or("");
  reader.string(); // nonce
  for (int i = 0; i < (type.starts_with("ssh-ed25519") ? 1 : 2); ++i) {
    reader.string();
  }
  reader.skip(12); // serial number and kind
  reader.string(); // name
  reader.string(); // principals
  reader.skip(16); // from and until
  for (int i = 0; i < 3; ++i) {
    reader.string(); // critical options, extensions, reserved
  }
  return std::string(reader.string().value_or(""));
}

bool counts(std::string_view certificate, const std::vector<HostKey> &authorities) {
  const auto key = certified_key(
      certificate, {"web.example.com", authorities, std::chrono::system_clock::time_point()});
  expect(key ? key->blob.find(key->type) == sizeof(std::uint32_t) : !key.error().message.empty());
  return key.has_value();
}

void judge(const std::string &certificate) {
  const std::vector<HostKey> known{{"", authority_in(certificate)}};
  expect(!counts(certificate, {}));
  if (!counts(certificate, known)) {
    return;
  }
  constexpr std::size_t kStep = 5; // each try is a signature to check
  for (std::size_t at = 0; at < certificate.size(); at += kStep) {
    std::string changed = certificate;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    expect(!counts(changed, known));
  }
  expect(!counts(certificate + '\0', known));
}

void check_signature(std::string_view bytes) {
  SshReader reader(bytes);
  const auto key = reader.string().value_or(bytes);
  const auto signed_bytes = reader.string().value_or(bytes);
  const auto signature = reader.string().value_or(bytes);
  if (is_signed_by(key, signed_bytes, signature)) {
    expect(!is_signed_by(key, std::string(signed_bytes) + '\0', signature));
    expect(!is_signed_by(key, signed_bytes, std::string(signature) + '\0'));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string bytes(data, data + size);
  judge(bytes);
  check_signature(bytes);
  const std::string whole = fetched(bytes, SIZE_MAX);
  expect(bytes.find(whole) != std::string::npos);
  if (size <= limits::kLoginBytes) { // beyond, the pieces decide what is still read
    expect(fetched(bytes, 1) == whole);
    expect(fetched(bytes, 7) == whole);
  }
  judge(whole);
  return 0;
}
