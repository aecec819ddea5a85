// A server with a surface made of fakes: every kind of tool, resource and prompt that the protocol
// engine must cope with.
//
// Threads: any. Lifetime: outlives the transports and peers that use it.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/guarded.hpp"
#include "core/mcp/server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mre::mcp::testing {

inline constexpr const char *kSecret = "correct-horse-battery";

struct FakeOptions {
  bool has_content = true; // resources, prompts and completions
  std::size_t extra_tools = 0;
  bool has_tasks = false;            // tools that run as tasks
  bool has_shared_questions = false; // tools that share one: see FakeSurface::owners()
  config::AuditMode audit = config::AuditMode::off;
  std::string state_dir = {}; // of the audit
  EngineTimes times = {};
};

class FakeSurface {
public:
  explicit FakeSurface(FakeOptions options = {});
  ~FakeSurface();

  Server &server() { return *server_; }
  CallRunner &runner() { return *runner_; }
  tools::Registry &registry() { return registry_; }
  const Log &log() const { return log_; }
  std::string logged() const;

  // Another snapshot: with the tool `late` and the prompt `late` beside the others, or without.
  void publish(bool with_late);
  // Another snapshot with the tool `local_copy`, which names local files, under this policy.
  void publish_local_tool(const tools::Policy &policy);
  // Lets every `hold` call finish, now and later.
  void release_held();
  // Waits (bounded) until so many `hold` calls run.
  bool wait_for_held(int count);
  bool wait_for_none_held();

  struct Hold;

private:
  std::vector<tools::OwnerDeclaration> owners(bool with_late) const;
  std::vector<tools::ContentDeclaration> contents(bool with_late) const;

  const FakeOptions options_;
  const std::shared_ptr<Hold> hold_;
  const std::shared_ptr<Guarded<std::string>> lines_;
  SystemClock clock_;
  Log log_;
  guard::Redactor redactor_;
  guard::Audit audit_;
  tools::Registry registry_;
  std::uint64_t generation_ = 0;
  std::unique_ptr<CallRunner> runner_;
  std::unique_ptr<Server> server_;
};

} // namespace mre::mcp::testing
