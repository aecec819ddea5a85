// whole_layer.cpp - every template and function of the C++ layer is used once, so that it has to
// compile.
#include <mre/plugin.hpp>

namespace {

struct Parameters {
  std::uint32_t size;
  int number;
};

class Everything {
public:
  static mre::About about() {
    mre::About about;
    about.id = "org.example.everything";
    about.version = "1.0.0";
    about.needs = {MRE_SSH};
    return about;
  }
  Everything(mre::Host host, const mre::json &)
      : host_(host), ssh_(host), sftp_(host), timers_(host), jobs_(host) {}

  void declare(mre::Registry &registry) {
    mre::Tool tool;
    tool.name = "everything";
    tool.run = [this](const mre::json &, const mre::Call &call) { return run(call); };
    registry.tool(std::move(tool));
    registry.suppress("ssh_upload_file", "for the test", "everything", mre::Need::optional);
    registry.resource({});
    registry.prompt({});
    registry.completion({});
    registry.subcommand({});
    registry.provide("org.example.service/1", &table_);
  }
  void stop() {}
  void reconfigure(const mre::json &) {}
  void method(mre_call *, Parameters &parameters) { ++parameters.number; }

private:
  mre::Reply run(const mre::Call &call) {
    if (!call.confirm("sure", "Really?") || call.cancelled()) {
      throw mre::Error(MRE_DENIED, "declined", "say yes");
    }
    call.progress(1, 2, "half");
    mre::Source source([](char *, std::size_t) { return std::size_t{0}; });
    mre::Command command;
    command.argv = {"ls", "-l"};
    command.input_source = &source;
    const mre::Executed listed = ssh_.run(call, command);
    ssh_.run_into(call, command, {{"ctid", 1}}, true,
                  [](mre::Ended &ended) { ended.remote_process = MRE_PROCESS_GONE; });
    transfer(call);
    state(call);
    mre::Deferred deferred = call.defer();
    deferred.fail(mre::Error(MRE_LOST, "gone"));
    return mre::Reply::of(listed.out, {{"ok", listed.succeeded()}});
  }
  void transfer(const mre::Call &call) {
    mre::LocalSource local(host_, call, "/tmp/a");
    mre::RemoteWrite write;
    write.path = "/tmp/b";
    write.expected_bytes = local.bytes();
    sftp_.write(call, write, local.abi());
    mre::Source text("text");
    sftp_.write(call, write, text);
    mre::LocalTarget target(host_, call, "/tmp/c", false);
    sftp_.read(call, {"", "/tmp/b"}, target.abi());
    target.commit(0644);
    mre::Sink sink([](std::string_view chunk) { return chunk.size() < 10; });
    sftp_.read(call, {"", "/tmp/b"}, sink);
    sftp_.stat(call, "", "/tmp", false);
    sftp_.list(call, "", "/tmp");
    sftp_.make_directory(call, "", "/tmp/d", 0755, true);
    sftp_.rename(call, "", "/tmp/b", "/tmp/e", true);
    sftp_.remove(call, "", "/tmp/e");
    guest(call);
  }
  void guest(const mre::Call &call) {
    const mre::GuestFiles guests(host_);
    mre::GuestWrite write;
    write.ctid = 101;
    write.file.path = "/root/a";
    mre::Source text("text");
    guests.write(call, write, text);
    guests.write(call, write, text.abi());
    mre::Sink sink([](std::string_view) {});
    guests.read(call, 101, {"", "/root/a"}, sink);
    guests.read(call, 101, {"", "/root/a"}, sink.abi());
    guests.stat(call, 101, "", "/root/a");
  }
  void state(const mre::Call &call) {
    const mre::Kv kv(host_);
    kv.put("key", "value", std::chrono::seconds(1));
    kv.compare_and_put("key", std::nullopt, "value");
    kv.remove("key");
    const mre::Log log(host_);
    log.info("seen", {{"entries", kv.scan("").size()}, {"value", kv.get("key").value_or("")}});
    log.redact("secret");
    log.audit(call, {{"note", 1}});
    log.warn(mre::Hosts(host_).resolve("").name + std::to_string(mre::Hosts(host_).list().size()));
    log.error(mre::Config(host_).get("/x").dump(),
              {{"limit", mre::Config(host_).limits().character_limit}});
    timers_.cancel(timers_.after(std::chrono::seconds(1), [] {}));
    jobs_.cancel(jobs_.submit([](const mre::Call &job) { static_cast<void>(job.cancelled()); }));
    const mre::Tools tools(host_);
    log.info(tools.explain("x") + tools.call(call, "x").text());
    log.debug(mre::Plugins(host_).is_active("sftp") ? "on" : "off");
  }

  mre::Host host_;
  mre::Ssh ssh_;
  mre::Sftp sftp_;
  mre::Timers timers_;
  mre::Jobs jobs_;
  struct Table {
    mre_service head;
    mre_method method;
  } table_{{sizeof(Table), 0, this}, &mre::Method<&Everything::method>::call};
};

} // namespace

MRE_PLUGIN(Everything)
