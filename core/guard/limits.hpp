// Every limit of the server in one place, with the reason for each number.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mre::limits {

// Protocol. 16 MiB holds a base64 file of MAX_FILE_SIZE's default with room; a line beyond is an attack or a mistake.
inline constexpr std::size_t kLineBytes = 16U << 20U;
// nlohmann_json recurses per level when it destroys a tree; no tool argument of any known client nests past ten.
inline constexpr int kJsonDepth = 64;
// Calls that run or wait at once from one peer, beyond which the answer is `limit`. Hundreds are normal for an agent fleet.
inline constexpr std::size_t kCallsInFlight = 1024;
// Threads for handlers that block (plugins). A call beyond waits, then gets `limit`.
inline constexpr std::size_t kHandlerThreads = 256;
inline constexpr std::size_t kHandlerQueue = 1024;
// subscriptions/listen streams of one peer; the TypeScript reference uses the same number.
inline constexpr std::size_t kListenStreams = 1024;
// Progress notifications of one call are at least this far apart: a person reads no faster, a model pays per token.
inline constexpr std::chrono::milliseconds kProgressInterval{100};
// Rounds of questions in one call; a plugin that asks for ever is ended.
inline constexpr int kInputRounds = 16;
// How long a person may take to answer before the question counts as cancelled.
inline constexpr std::chrono::minutes kInputTimeout{10};
// A result a plugin may give, text and structured together; protects the client's context and our memory.
inline constexpr std::size_t kResultBytes = 32U << 20U;
// So many progress notifications may come at once before the interval holds: short tools report three or four steps in a blink.
inline constexpr double kProgressBurst = 10;
// Entries of one page of a list. Clients known today do not all follow nextCursor, so a page is larger than any real surface.
inline constexpr std::size_t kPageItems = 1000;
// How long a client may keep a signed requestState before it calls again: a person's answer (kInputTimeout) with room for a lunch.
inline constexpr std::chrono::hours kRequestStateLifetime{1};
// Changes of the registry within this span become one list_changed (plugin-abi 3.10).
inline constexpr std::chrono::milliseconds kListChangedDelay{50};
// Output waiting for a client that does not read. Beyond the first, progress and logs are dropped; beyond the second (two of the
// largest results) the client counts as gone.
inline constexpr std::size_t kOutletNoticeBytes = 1U << 20U;
inline constexpr std::size_t kOutletBytes = 2 * kResultBytes + (1U << 20U);
// After the end of input: the kill ladder's three steps (8 s) and the answers.
inline constexpr std::chrono::seconds kEndBudget{10};
// Subscribed uris of one peer.
inline constexpr std::size_t kSubscribedUris = 4096;

// JSON Schema validation of one value: evaluations before it is given up as too costly.
inline constexpr std::size_t kSchemaSteps = 200000;
inline constexpr std::size_t kSchemaBytes = 256U << 10U;

// SSH. OpenSSH's default MaxStartups (10:30:100) starts dropping at ten; four leave room for other people.
inline constexpr std::size_t kLoginsPerHost = 4;
// Channels opened ahead per live connection: two to four turn two round trips per command into one (measured).
inline constexpr std::size_t kChannelsAhead = 2;
// OpenSSH's default MaxSessions is 10; another connection is opened at eight in use and one stays for the kill.
inline constexpr std::size_t kChannelsPerConnection = 8;
inline constexpr std::size_t kConnectionsPerHost = 3;
// Commands waiting for a channel of one host before `limit`.
inline constexpr std::size_t kCommandsQueuedPerHost = 1024;
// Bytes read from one channel in one turn, so that a bulk stream cannot starve short commands (measured: 8 x 256 KiB is fair).
inline constexpr std::size_t kReadPerTurn = 256U << 10U;
// Bytes waiting for a slow consumer before the channel is left unread and SSH flow control stops the sender.
inline constexpr std::size_t kPendingOutput = 1U << 20U;
// The kill ladder: TERM, KILL, group kill, sweep; each step with its own patience.
inline constexpr std::chrono::milliseconds kTermPatience{2000};
inline constexpr std::chrono::milliseconds kKillPatience{1000};
inline constexpr std::chrono::milliseconds kSweepPatience{5000};
// After the exit status, how long output that a background child still holds is waited for (surface section 6).
inline constexpr std::chrono::milliseconds kAfterStatus{500};
// SFTP buffers: libssh2 keeps in flight what one call holds. 1 MiB is best near, 4 MiB far (measured).
inline constexpr std::size_t kSftpBufferNear = 1U << 20U;
inline constexpr std::size_t kSftpBufferFar = 4U << 20U;
// The far side's digest is run from this size on by default: below, a round trip costs more than it proves.
inline constexpr std::uint64_t kDigestFrom = 64U << 10U;

// Guard. Shorter secrets would mask half of every output.
inline constexpr std::size_t kSecretMinimum = 6;
inline constexpr std::size_t kAuditLine = 4096;        // one atomic append
inline constexpr std::uint64_t kAuditFileBytes = 10U << 20U;
inline constexpr int kAuditFiles = 5;
inline constexpr std::size_t kAuditArgument = 256;     // longer values become their size and digest
inline constexpr std::chrono::hours kSpoolLifetime{1};
inline constexpr std::uint64_t kSpoolTotalFactor = 16; // of MRE_SPOOL_LIMIT

// Configuration files; a settings file or host book of more is a mistake.
inline constexpr std::size_t kConfigFileBytes = 4U << 20U;
inline constexpr std::size_t kKeyFileBytes = 1U << 20U;
// A scan of 40,000 hosts with three keys each; beyond that it is not a known hosts file.
inline constexpr std::size_t kKnownHostsBytes = 32U << 20U;

} // namespace mre::limits
