#include "core/plugin_host/claim_stdout.hpp"
#include "tests/unit/plugin_host/world.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace mre::plugin_host {
namespace {

// Descriptors 1 and 2 replaced by the writing ends of pipes, put back at the end.
class Captured {
public:
  Captured() {
    REQUIRE(::pipe2(out_.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    REQUIRE(::pipe2(err_.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    ::dup2(out_[1], STDOUT_FILENO);
    ::dup2(err_[1], STDERR_FILENO);
  }
  ~Captured() { restore(); }
  void restore() {
    ::dup2(saved_out_.get(), STDOUT_FILENO);
    ::dup2(saved_err_.get(), STDERR_FILENO);
  }
  std::string out() const { return read_all(out_[0]); }
  std::string err() const { return read_all(err_[0]); }

private:
  static std::string read_all(int fd) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
  }
  UniqueFd saved_out_{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10)};
  UniqueFd saved_err_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10)};
  std::array<int, 2> out_{}, err_{};
};

TEST_CASE("a plugin that prints cannot touch the protocol") {
  test::World world;
  std::string result;
  std::string out;
  std::string err;
  {
    Captured captured;
    {
      const auto protocol = claim_stdout();
      const auto host = protocol ? world.load({"prints_stdout"}) : nullptr;
      if (host) {
        result = test::text_of(*test::call_tool(*host, "print_it").result);
        static_cast<void>(::write(protocol->get(), "{}\n", 3) == 3);
      }
    }
    out = captured.out();
    err = captured.err();
  }
  CHECK(result == "printed");
  CHECK(out == "{}\n");
  CHECK(err.empty());
  CHECK(world.blamed("loading it wrote to standard output, which belongs to the protocol: "
                     "'noise from a constructor"));
  CHECK(world.blamed("the call of print_it wrote to standard output"));
  CHECK(world.said("noise from a tool"));
}

} // namespace
} // namespace mre::plugin_host
