// sample - a plugin in C++17: one tool that asks a host for its kernel.
//
// Threads: max_calls is 1, so the host runs one call at a time and nothing here needs a lock.
#include <mre/plugin.hpp>

namespace {

struct Kernel { // the arguments: the schema, its check and the conversion come from this list
  std::string host;
  static auto fields() {
    return mre::fields(mre::optional("host", &Kernel::host, "a configured host"));
  }
};
struct Running { // the result
  std::string system, release;
  static auto fields() {
    return mre::fields(mre::required("system", &Running::system),
                       mre::required("release", &Running::release));
  }
};

class Sample {
public:
  static mre::About about() {
    mre::About about;
    about.id = "org.example.sample";
    about.version = "0.1.0";
    about.title = "Sample";
    about.license = "MIT";
    about.needs = {MRE_SSH};
    return about;
  }
  Sample(mre::Host host, const mre::json &) : ssh_(host) {}

  void declare(mre::Registry &registry) {
    registry.tool(
        "sample_kernel", "The kernel that runs on a host.", MRE_READ_ONLY | MRE_IDEMPOTENT,
        [this](const Kernel &wanted, const mre::Call &call) { return kernel(wanted, call); });
  }

private:
  mre::WithText<Running> kernel(const Kernel &wanted, const mre::Call &call) {
    mre::Command command;
    command.host = wanted.host;
    command.argv = {"uname", "-sr"};
    const mre::Executed ran = ssh_.run(call, command);
    const std::size_t space = ran.out.find(' ');
    if (!ran.succeeded() || space == std::string::npos) {
      throw mre::Error(MRE_REMOTE_FAILED, "uname did not succeed: " + ran.err,
                       "is this a POSIX system?");
    }
    const std::string line = ran.out.substr(0, ran.out.find('\n'));
    return {{line.substr(0, space), line.substr(space + 1)}, line};
  }

  mre::Ssh ssh_;
};

} // namespace

MRE_PLUGIN(Sample)
