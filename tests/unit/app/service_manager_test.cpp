#include "core/app/service_manager.hpp"
#include "core/base/unique_fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <string>

using namespace mre;
using namespace mre::testing;

namespace {

// The manager's side, under a path or, with a zero byte first, a name without a file.
UniqueFd listen_as(const std::string &name) {
  UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(static_cast<char *>(address.sun_path), sizeof address.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(::bind(manager.get(), reinterpret_cast<sockaddr *>(&address), size) == 0);
  return manager;
}

std::string heard_by(const UniqueFd &manager) {
  std::array<char, 256> text{};
  const ssize_t size = ::recv(manager.get(), text.data(), text.size(), 0);
  return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
}

} // namespace

TEST_CASE("a service manager hears of each step, under a path and under a name") {
  const TemporaryFolder folder;
  const std::string name = "mre-test-" + folder.path().substr(folder.path().rfind('/') + 1);
  const std::string path = folder / "notify";
  const UniqueFd by_path = listen_as(path);
  const UniqueFd by_name = listen_as('\0' + name);
  for (const auto &[manager, socket] :
       {std::pair(&by_path, path), std::pair(&by_name, "@" + name)}) {
    const app::ServiceManager told(socket);
    told.ready();
    CHECK(heard_by(*manager) == "READY=1");
    told.reloading();
    CHECK(heard_by(*manager).rfind("RELOADING=1\nMONOTONIC_USEC=", 0) == 0);
    told.stopping();
    CHECK(heard_by(*manager) == "STOPPING=1");
  }
}

TEST_CASE("without a service manager, or with one that is gone, nothing happens") {
  for (const std::string &socket : {std::string(), std::string("relative"),
                                    std::string("/no/such/file"), "/" + std::string(200, 'x')}) {
    app::ServiceManager(socket).ready();
  }
}
