// disk - how full a host's file systems are, and a way to make room: typed arguments and results,
// a question to the person, a setting, remote commands.
#include <mre/plugin.hpp>

#include <sstream>

namespace {

struct Usage { // the arguments of disk_usage
  std::string host, path = "/";
  static auto fields() {
    return mre::fields(mre::optional("host", &Usage::host, "a configured host"),
                       mre::optional("path", &Usage::path, "any file on it").matching("^/"));
  }
};
struct Used { // its result
  std::uint64_t total_kb = 0, free_kb = 0;
  int percent = 0;
  static auto fields() {
    return mre::fields(mre::required("total_kb", &Used::total_kb),
                       mre::required("free_kb", &Used::free_kb),
                       mre::required("percent", &Used::percent).between(0, 100));
  }
};
struct Clean { // the arguments of disk_clean
  std::string host;
  static auto fields() { return mre::fields(mre::optional("host", &Clean::host)); }
};

class Disk {
public:
  static mre::About about() {
    mre::About about;
    about.id = "org.example.disk";
    about.version = "1.0.0";
    about.title = "Disk space";
    about.license = "MIT";
    about.needs = {MRE_SSH};
    about.config_schema = R"({"type": "object", "properties": {"keep_days": {
      "type": "integer", "minimum": 1, "default": 7, "x-mre-env": "MRE_DISK_KEEP_DAYS"}}})";
    return about;
  }
  Disk(mre::Host host, const mre::json &settings)
      : ssh_(host), keep_days_(settings.value("keep_days", 7)) {}

  void declare(mre::Registry &registry) {
    registry.tool(
        "disk_usage", "How full the file system of a path is.", MRE_READ_ONLY | MRE_IDEMPOTENT,
        [this](const Usage &wanted, const mre::Call &call) { return usage(wanted, call); });
    registry.tool(
        "disk_clean", "Removes old journal entries, after a question.", MRE_IDEMPOTENT,
        [this](const Clean &wanted, const mre::Call &call) { return clean(wanted, call); });
  }

private:
  std::string run(const mre::Call &call, const std::string &host, std::vector<std::string> argv) {
    mre::Command command;
    command.host = host;
    command.argv = std::move(argv);
    const mre::Executed ran = ssh_.run(call, command);
    if (!ran.succeeded()) {
      throw mre::Error(MRE_REMOTE_FAILED, command.argv[0] + " did not succeed: " + ran.err);
    }
    return ran.out;
  }
  mre::WithText<Used> usage(const Usage &wanted, const mre::Call &call) {
    std::istringstream lines(run(call, wanted.host, {"df", "-Pk", "--", wanted.path}));
    std::string header, device;
    std::uint64_t total = 0, used = 0, free = 0;
    if (!std::getline(lines, header) || !(lines >> device >> total >> used >> free) || total == 0) {
      throw mre::Error(MRE_REMOTE_FAILED, "df said something else than POSIX wants");
    }
    const Used result{total, free, static_cast<int>(used * 100 / total)};
    return {result, std::to_string(result.percent) + " % of " + wanted.path + " are used"};
  }
  std::string clean(const Clean &wanted, const mre::Call &call) {
    const std::string days = std::to_string(keep_days_) + "d";
    if (!call.confirm("sure", "Remove journal entries older than " + days + "?")) {
      throw mre::Error(MRE_DENIED, "the person declined");
    }
    return run(call, wanted.host, {"journalctl", "--vacuum-time=" + days});
  }

  mre::Ssh ssh_;
  int keep_days_;
};

} // namespace

MRE_PLUGIN(Disk)
