// Every limit of the HTTP transport that is no setting, with the reason for its number.
#pragma once

#include <chrono>
#include <cstddef>

namespace mre_http::limits {

using namespace std::chrono_literals;

// A request's line and headers together: a bearer token of 8 KiB and every header MCP knows fit
// four times.
inline constexpr std::size_t kHeadBytes = 32U << 10U;
inline constexpr std::size_t kFields = 100;
// The size line of a chunk with its extensions, and all trailers together: nobody needs either.
inline constexpr std::size_t kChunkLineBytes = 256;
inline constexpr std::size_t kTrailerBytes = 8U << 10U;
// Read from a socket at once; also what a client may send ahead while its request is answered.
inline constexpr std::size_t kReadBytes = 64U << 10U;
// Reads of one connection before others get their turn; TLS gives 16 KiB at most each time.
inline constexpr int kReadsPerTurn = 4;
// Turned into bytes for the socket ahead of what it takes; the rest waits as messages.
inline constexpr std::size_t kRenderAhead = 256U << 10U;
// Bodies that are still coming, of all clients together; what is no longer than the second is
// always taken, so that a few who send large ones slowly keep nobody from calling.
inline constexpr std::size_t kBodyBytesOfAll = 256U << 20U;
inline constexpr std::size_t kSmallBody = 64U << 10U;
// A body up to this is read by the host on the loop's own thread, which saves a hand-over: parsing
// it takes a millisecond or two, one of the largest a tenth of a second and more.
inline constexpr std::size_t kReadAtOnce = 128U << 10U;
// Messages waiting for one client: beyond the first, progress and logs are dropped; beyond the
// second (two of the largest results there are) the client counts as gone.
inline constexpr std::size_t kWaitingNotice = 1U << 20U;
inline constexpr std::size_t kWaitingBytes = 65U << 20U;
// The same for all clients together.
inline constexpr std::size_t kWaitingBytesOfAll = 256U << 20U;

// A head that began must be complete in this time, handshake of TLS included (slow loris).
inline constexpr auto kHeadTime = 10s;
// A body must come at this rate, after a start that a slow handshake of TCP may eat: 16 MiB may
// take eight minutes, a byte per second may not.
inline constexpr auto kBodyStart = 15s;
inline constexpr std::size_t kBodyBytesPerSecond = 32U << 10U;
// A connection without a request is kept for the next one; longer than common proxies do (nginx:
// 60 s), so that they are the ones to close it.
inline constexpr auto kIdleTime = 75s;
// A client that takes no byte of its answer for this long is gone.
inline constexpr auto kWriteTime = 60s;
// After an answer to a request whose body was not read: until the client has it, or this is over.
inline constexpr auto kLingerTime = 2s;
// Silence on an event stream before a comment proves it alive; proxies give up at 30 to 60 s.
inline constexpr auto kKeepAlive = 15s;
// How long a client waits before it comes back for the rest of a stream (SSE `retry`).
inline constexpr auto kRetry = 1000ms;
// How often deadlines are looked at; all of them are far longer.
inline constexpr auto kTick = 500ms;
// Answers that are still on their way when the server ends.
inline constexpr auto kFlushTime = 2s;

// Descriptors that are not for clients: SSH connections, the spool, state, plugins.
inline constexpr std::size_t kOtherDescriptors = 256;

// Threads that serve sockets. They only move bytes and parse: two fill a link that handlers cannot.
inline constexpr std::size_t kLoops = 2;
// Connections waiting to be accepted; a burst of a whole fleet fits.
inline constexpr int kBacklog = 512;
// Wrong tokens from one address in a minute before it is made to wait.
inline constexpr double kWrongTokensPerMinute = 20;
// Addresses whose rate is remembered; beyond, the one seen longest ago is forgotten.
inline constexpr std::size_t kAddresses = 4096;

} // namespace mre_http::limits
