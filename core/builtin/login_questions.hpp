// What a login needs to hear from a person, put to the person at the client of a call.
//
// Promise: nothing waits for the person. A call whose connection failed on a question asks it and
// unwinds; run again, it brings the answer to the engine before its next attempt. Calls of one
// client that wait for the same thing share one question. Never for a changed or revoked key; never
// for a secret. Threads: any. Lifetime: pure over its arguments.
#pragma once

#include "core/base/result.hpp"
#include "core/config/host.hpp"
#include "core/ssh/engine.hpp"
#include "core/tools/call_context.hpp"

#include <variant>

namespace mre::builtin {

// Before an attempt: what the call's answers settle. An error when a yes cannot be acted on.
Result<void> bring_answers(ssh::Engine &engine, const tools::CallContext &call,
                           const config::HostConfig &host);

// After a failed one: the question to ask before the call runs again, or the error to end with.
std::variant<tools::InputRequest, Error> after_failure(const ssh::Engine &engine,
                                                       const tools::CallContext &call,
                                                       const config::HostConfig &host, Error error);

} // namespace mre::builtin
