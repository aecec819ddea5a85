// Several requests of SFTP under way at once: the order of calls with steps of the test's own, the
// failures with a real OpenSSH server.
#include "tests/unit/ssh/files_fixture.hpp"

using namespace mre;
using namespace mre::ssh;
using namespace mre::testing;

namespace {

// Calls the step until it has ended, and counts the calls that waited.
class PatientLease final : public SftpLease {
public:
  explicit PatientLease(int &waits) : waits_(waits) {}
  Result<long> run(const std::function<long(_LIBSSH2_SESSION *, _LIBSSH2_SFTP *)> &step,
                   std::stop_token, Milliseconds) override {
    while (true) {
      const long code = step(nullptr, nullptr);
      if (code != LIBSSH2_ERROR_EAGAIN) {
        return code;
      }
      ++waits_;
    }
  }
  std::string_view server_banner() const override { return "SSH-2.0-OpenSSH_9.2p1"; }
  std::chrono::microseconds round_trip() const override { return std::chrono::microseconds(1); }

private:
  int &waits_;
};

// A request whose answer is there at its second call.
SftpCalls::Stage request(std::string name, std::string &calls) {
  return {name, [name, &calls, is_sent = false](auto *, auto *) mutable -> long {
            calls += name;
            is_sent = !is_sent;
            return is_sent ? LIBSSH2_ERROR_EAGAIN : 0;
          }};
}

SftpCalls calls_of(Bench &bench) {
  auto lease = bench.engine.lease_sftp(bench.host, LeaseKind::metadata, {});
  REQUIRE(lease);
  return SftpCalls(std::move(*lease), {}, "web-1");
}

} // namespace

TEST_CASE("Requests at once are all sent before the first answer is waited for") {
  int waits = 0;
  SftpCalls calls(std::make_unique<PatientLease>(waits), {}, "web-1");
  std::string called;
  const std::vector<SftpCalls::Stage> stages = {
      calls.at_once({request("a", called), request("b", called), request("c", called)})};
  REQUIRE(calls.run(stages));
  CHECK(called == "abcabc");
  CHECK(waits == 1);
  REQUIRE(calls.run(stages)); // the same again, as after the folders were made
  CHECK(called == "abcabcabcabc");
}

TEST_CASE("A later request is not touched while one in front of it has no answer") {
  int waits = 0;
  SftpCalls calls(std::make_unique<PatientLease>(waits), {}, "web-1");
  std::string called;
  int left = 3;
  const SftpCalls::Stage slow = {"slow", [&](auto *, auto *) -> long {
                                   called += "s";
                                   return left-- > 0 ? LIBSSH2_ERROR_EAGAIN : 0;
                                 }};
  REQUIRE(calls.run(std::vector<SftpCalls::Stage>{calls.at_once({slow, request("b", called)})}));
  CHECK(called == "sbsssb");
}

TEST_CASE("The first failure counts, with its own words, and the channel goes on working") {
  Bench bench;
  SftpCalls calls = calls_of(bench);
  const std::string missing = bench.at("missing/file");
  const std::string other = bench.at("other");
  SftpHandle *handle = nullptr;
  FileInfo info;
  const unsigned long flags = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_EXCL;
  const std::string folder = bench.folder.path();

  // Opening fails with "no such file", looking at the folder does not fail at all.
  auto failed = calls.run(std::vector<SftpCalls::Stage>{
      calls.at_once({{"cannot open", SftpCalls::open_step(missing, flags, 0600, handle)},
                     {"cannot look", SftpCalls::stat_step(folder, Follow::no, info)}})});
  REQUIRE(code_of(failed) == Errc::not_found);
  CHECK(has(failed.error().message, "cannot open: no such file"));
  CHECK(handle == nullptr);
  CHECK(info.kind == FileKind::directory); // it was waited for

  // A folder cannot be written to, and what is looked at is not there: the first is told.
  failed = calls.run(std::vector<SftpCalls::Stage>{
      calls.at_once({{"cannot open", SftpCalls::open_step(folder, flags, 0600, handle)},
                     {"cannot look", SftpCalls::stat_step(missing, Follow::no, info)}})});
  CHECK(code_of(failed) == Errc::remote_failed);
  CHECK(calls.last_status() == LIBSSH2_FX_FAILURE);

  REQUIRE(calls.run(std::vector<SftpCalls::Stage>{
      calls.at_once({{"cannot open", SftpCalls::open_step(other, flags, 0600, handle)},
                     {"cannot look", SftpCalls::stat_step(other, Follow::no, info)}})}));
  CHECK(info.kind == FileKind::regular); // answered in order: the file was there already
  CHECK(info.permissions == 0600);
  CHECK(calls.close(handle));
}
