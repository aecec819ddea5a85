// Every limit of the server in one place, with the reason for each number.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mre::limits {

// Protocol. 16 MiB holds a base64 file of MAX_FILE_SIZE's default with room; a line beyond is an
// attack or a mistake.
inline constexpr std::size_t kLineBytes = 16U << 20U;
// nlohmann_json recurses per level when it destroys a tree; no tool argument of any known client
// nests past ten.
inline constexpr int kJsonDepth = 64;
// Calls that run or wait at once from one peer, beyond which the answer is `limit`. Hundreds are
// normal for an agent fleet.
inline constexpr std::size_t kCallsInFlight = 1024;
// Threads for handlers that block (plugins). A call beyond waits, then gets `limit`.
inline constexpr std::size_t kHandlerThreads = 256;
inline constexpr std::size_t kHandlerQueue = 1024;
// subscriptions/listen streams of one peer; the TypeScript reference uses the same number.
inline constexpr std::size_t kListenStreams = 1024;
// Progress notifications of one call are at least this far apart: a person reads no faster, a model
// pays per token.
inline constexpr std::chrono::milliseconds kProgressInterval{100};
// Rounds of questions in one call; a plugin that asks for ever is ended.
inline constexpr int kInputRounds = 16;
// How long a person may take to answer before the question counts as cancelled.
inline constexpr std::chrono::minutes kInputTimeout{10};
// How often calls inside plugins are looked after: what is measured there is tens of seconds.
inline constexpr std::chrono::milliseconds kCallWatchInterval{1000};
// A plugin that was told that its call is cancelled, and is in no service of the host, has this
// long before the log says so.
inline constexpr std::chrono::milliseconds kCancelPatience{2000};
// A result a plugin may give, text and structured together; protects the client's context and our
// memory.
inline constexpr std::size_t kResultBytes = 32U << 20U;
// So many progress notifications may come at once before the interval holds: short tools report
// three or four steps in a blink.
inline constexpr double kProgressBurst = 10;
// Entries of one page of a list. Clients known today do not all follow nextCursor, so a page is
// larger than any real surface.
inline constexpr std::size_t kPageItems = 1000;
// How long a client may keep a signed requestState before it calls again: a person's answer
// (kInputTimeout) with room for a lunch.
inline constexpr std::chrono::hours kRequestStateLifetime{1};
// Sealed states that can be used at once; when so many newer ones were given out, one counts as
// expired. Remembering which were used costs a bit each.
inline constexpr std::size_t kRequestStates = 65536;
// Tasks of all clients together, running and ended: what one page of tasks/list holds.
inline constexpr std::size_t kTasks = kPageItems;
// Results of ended tasks; beyond, the oldest ones are forgotten early.
inline constexpr std::size_t kTaskResultBytes = 8 * kResultBytes;
// How long a task is kept from its creation when the client does not say, and the longest it may
// ask for: a day covers the longest MAX_TIMEOUT.
inline constexpr std::chrono::hours kTaskLifetime{1};
inline constexpr std::chrono::hours kTaskLifetimeMaximum{24};
// A task that ran past its lifetime stays so long after its end, so that a client that polls sees
// it.
inline constexpr std::chrono::minutes kTaskGrace{5};
// What is told to clients that poll.
inline constexpr std::chrono::milliseconds kTaskPoll{1000};
// A call of the stateless era that lasts longer becomes a task where it can: most commands are done
// by then, and no client known gives up so early.
inline constexpr std::chrono::milliseconds kTaskAfter{3000};
// Changes of the registry within this span become one list_changed (plugin-abi 3.10).
inline constexpr std::chrono::milliseconds kListChangedDelay{50};
// Output waiting for a client that does not read. Beyond the first, progress and logs are dropped;
// beyond the second (two of the largest results) the client counts as gone.
inline constexpr std::size_t kOutletNoticeBytes = 1U << 20U;
inline constexpr std::size_t kOutletBytes = 2 * kResultBytes + (1U << 20U);
// After the end of input: the kill ladder's three steps (8 s) and the answers.
inline constexpr std::chrono::seconds kEndBudget{10};
// Subscribed uris of one peer.
inline constexpr std::size_t kSubscribedUris = 4096;

// Transports with streams per request. Sessions of the handshake era; beyond, the one that was idle
// longest ends (its client begins a new one), or a new one is refused when all are busy.
inline constexpr std::size_t kSessions = 1024;
// A session that nobody used for so long is forgotten: a client that was left open overnight is
// still known in the morning.
inline constexpr std::chrono::hours kSessionIdle{24};
// Events kept for clients that come back after a lost stream: a result of the usual limit and its
// progress fit many times; one larger result is kept whole.
inline constexpr std::size_t kSessionEventBytes = 1U << 20U;
inline constexpr std::size_t kEventBytes = 64U << 20U; // of all sessions
// The name of a principal, as a transport gives it: it stands in every audit record.
inline constexpr std::size_t kPrincipalBytes = 128;
// Principals whose requests of the stateless era are looked after apart from each other.
inline constexpr std::size_t kPrincipals = 256;
// At the end of a daemon, calls may finish by themselves for this long before they are cancelled.
inline constexpr std::chrono::seconds kDrainBudget{5};

// JSON Schema validation of one value: evaluations before it is given up as too costly.
inline constexpr std::size_t kSchemaSteps = 200000;
inline constexpr std::size_t kSchemaBytes = 256U << 10U;
// Levels of schema within schema while one value is checked: eight references per level of the
// deepest value there can be.
inline constexpr int kSchemaDepth = 512;
// Memory one pattern may take (RE2 falls back to slower matching within it): a quarter of RE2's
// default.
inline constexpr std::int64_t kPatternMemory = 2 << 20;

// SSH. OpenSSH's default MaxStartups (10:30:100) starts dropping at ten; four on one machine,
// whatever its names, leave room for other people.
inline constexpr std::size_t kLoginsPerHost = 4;
// Channels opened ahead per live connection: two to four turn two round trips per command into one
// (measured).
inline constexpr std::size_t kChannelsAhead = 2;
// OpenSSH's default MaxSessions is 10; another connection is opened at eight in use and one stays
// for the kill.
inline constexpr std::size_t kChannelsPerConnection = 8;
inline constexpr std::size_t kConnectionsPerHost = 3;
// OpenSSH's default MaxSessions, until a refusal teaches better.
inline constexpr std::size_t kAssumedSessions = 10;
// A full server is asked again after this: processes end in their own time.
inline constexpr std::chrono::milliseconds kFullPause{100};
// Channels kept open for background children of commands that ended; they hold slots of the server.
inline constexpr std::size_t kLingeringChannels = 4;
// The watch over a link. Probes of a busy one come eight times in a call's time, within these two
// bounds; the longer is ssh's usual ServerAliveInterval: notices a dead link in time, costs
// nothing.
inline constexpr std::chrono::milliseconds kShortestProbe{250};
inline constexpr std::chrono::milliseconds kLongestProbe{15000};
// Half of the call's time, but never less than this, is silence allowed to a peer that owes an
// answer.
inline constexpr std::chrono::milliseconds kShortestPatience{500};
// An answer that is due for so long makes new work go elsewhere, before the link is given up.
inline constexpr std::chrono::milliseconds kSuspectSilence{2000};
// An idle link: looked at so often, and probed often enough for the usual NAT tables to keep it.
inline constexpr std::chrono::milliseconds kIdleCheck{5000};
inline constexpr std::chrono::milliseconds kIdleProbe{60000};
// Before a kill is believed to have met a dead link: a live sshd answers a keepalive within a round
// trip, and a second covers a machine that is very busy.
inline constexpr std::chrono::milliseconds kAnswerPatience{1000};
// What a login shell is given as one argument, less its end: Linux' MAX_ARG_STRLEN. OpenSSH ends
// the whole connection over a packet of 256 KiB.
inline constexpr std::size_t kCommandLineBytes = (128U << 10U) - 1;
// Commands waiting for a channel of one host before `limit`.
inline constexpr std::size_t kCommandsQueuedPerHost = 1024;
// Bytes read from one channel in one turn, so that a bulk stream cannot starve short commands
// (measured: 8 x 256 KiB is fair).
inline constexpr std::size_t kReadPerTurn = 256U << 10U;
// Passes over one connection in one turn before other connections get theirs: with the bound above,
// a turn stays below 8 MiB.
inline constexpr int kPassesPerTurn = 32;
// What may lie in the outgoing buffer before input is no longer taken from its source: eight times
// what is flushed at once, so that the link never waits for a turn; more would only be memory.
inline constexpr std::size_t kWriteAhead = 1U << 20U;
// Bytes waiting for a slow consumer before the channel is left unread and SSH flow control stops
// the sender.
inline constexpr std::size_t kPendingOutput = 1U << 20U;
// Read from a socket at once; a window of libssh2 is eight of these.
inline constexpr std::size_t kFillBytes = 256U << 10U;
// Encrypted bytes that are sent before more is encrypted, so that both sides work at once on bulk
// (measured: 64 to 128 KiB).
inline constexpr std::size_t kFlushBytes = 128U << 10U;
// A packet of this size is bulk and goes to the socket as it is; smaller ones are gathered, so that
// the requests of many commands share a call.
inline constexpr std::size_t kSendAtOnce = 16U << 10U;
// Bytes waiting in a tunnel to a host behind another one, each way: a fill of the reactor, so that
// the inner session is fed as a socket would feed it.
inline constexpr std::size_t kTunnelBytes = 256U << 10U;
// A jump host that has not reached the far machine for this long lets no other channel be opened on
// that connection meanwhile (libssh2 keeps one open in flight): others go elsewhere.
inline constexpr std::chrono::milliseconds kStuckOpening{1000};
// Connections of one host that are stuck so, beside the usual ones, before others wait.
inline constexpr std::size_t kStuckConnections = 5;
// SFTP channels of one kind and host; one transfer each, more only share the same link.
inline constexpr std::size_t kSftpChannelsPerHost = 4;
// What a server may send before the login is through (a long banner is a few KiB): libssh2 keeps
// what it does not understand, and whoever answers is not trusted yet.
inline constexpr std::size_t kLoginBytes = 1U << 20U;
// How long a person's answer to a server's question waits for the login it is for: sshd's
// LoginGraceTime, after which that server would ask anew itself.
inline constexpr std::chrono::minutes kLoginWordsKept{2};
// Rounds of keyboard-interactive questions in one login, with prompts or without: PAM stacks ask
// two or three times.
inline constexpr int kKeyboardRounds = 10;
// Prompts with an echo that are put to a person at once: a form, not a questionnaire.
inline constexpr std::size_t kKeyboardPrompts = 8;
// Threads for logins of all hosts together: more than the dead hosts of most fleets, each of which
// holds one until its connect timeout; few enough that a slow machine ends each login in time.
inline constexpr std::size_t kLoginThreads = 32;
// Logins that wait for a thread, beyond which the answer is `limit`: the hosts of a large book.
inline constexpr std::size_t kLoginsQueued = 4096;
// sshd drops with a probability while others log in (MaxStartups 10:30:100: one in three at 16 of
// them): eight attempts over about four seconds leave one in a thousand hosts of such a fleet out.
inline constexpr int kLoginAttempts = 8;
inline constexpr std::chrono::milliseconds kFirstLoginPause{100};
inline constexpr std::chrono::milliseconds kLongestLoginPause{800};
// A further connection that failed while others work is not tried again at once.
inline constexpr std::chrono::milliseconds kAfterLoginFailure{5000};
// getaddrinfo cannot be interrupted: this long after the deadline the callers are told without it.
inline constexpr std::chrono::milliseconds kBeyondLoginDeadline{250};
// The kill ladder: TERM, KILL, group kill, sweep; each step with its own patience.
inline constexpr std::chrono::milliseconds kTermPatience{2000};
inline constexpr std::chrono::milliseconds kKillPatience{1000};
inline constexpr std::chrono::milliseconds kSweepPatience{5000};
// After the exit status, how long output that a background child still holds is waited for (surface
// section 6).
inline constexpr std::chrono::milliseconds kAfterStatus{500};
// A slow link may then still bring what was in the pipe and in sshd's buffers: waiting goes on
// while it flows at more than 4 KiB in half a second, up to one window of bytes, at most ten
// seconds.
inline constexpr std::uint64_t kStillFlowing = 4096;
inline constexpr std::uint64_t kMostAfterStatus = 2U << 20U;
inline constexpr std::chrono::milliseconds kLongestAfterStatus{10000};
// Sweeps of one host at once: one ends what has just timed out while another still waits for a
// stubborn process.
inline constexpr std::size_t kSweepsAtOnce = 2;
// Keeps the line that is sent short: a marker takes two hundred bytes of it.
inline constexpr std::size_t kMarkersPerSweep = 64;
// Two lines, and one for each marker that is left; a login shell's own noise before them is cut
// off.
inline constexpr std::size_t kSweepOutput = 16384;
// SFTP buffers: libssh2 keeps in flight what one call holds. 1 MiB is best near, 4 MiB far
// (measured).
inline constexpr std::size_t kSftpBufferNear = 1U << 20U;
inline constexpr std::size_t kSftpBufferFar = 4U << 20U;
// The far side's digest is run from this size on by default: below, a round trip costs more than it
// proves.
inline constexpr std::uint64_t kDigestFrom = 64U << 10U;
// A server that moves no byte of a transfer for this long is taken for dead; a busy disk answers
// far sooner.
inline constexpr std::chrono::milliseconds kSftpPatience{60000};
// Writing back a big file to a slow disk, and hashing it there, are the exceptions.
inline constexpr std::chrono::milliseconds kSftpSyncPatience{600000};
// The link the transfer buffer is sized for, 1 Gbit/s: 2 x round trip x rate is kept in flight,
// within the two bounds above.
inline constexpr std::uint64_t kSftpBytesPerSecond = 125000000;
// Bytes handed between the two threads of a transfer at once: small enough to overlap, large enough
// not to matter.
inline constexpr std::size_t kTransferChunk = 256U << 10U;
// From this size on a transfer gives the memory of its buffers back to the system; below, they were
// hardly filled.
inline constexpr std::uint64_t kTrimFrom = 8U << 20U;
// From this size on a transfer gets a connection of its own; below, opening one costs more than it
// saves others.
inline constexpr std::uint64_t kBulkFrom = 1U << 20U;
// Entries of one folder; each costs about 200 bytes here and nobody reads more.
inline constexpr std::size_t kDirectoryEntries = 100000;

// Guard. Shorter secrets would mask half of every output.
inline constexpr std::size_t kSecretMinimum = 6;
inline constexpr std::size_t kAuditLine = 4096; // one atomic append
inline constexpr std::uint64_t kAuditFileBytes = 10U << 20U;
inline constexpr int kAuditFiles = 5;
// What a machine that loses power may forget of the audit; one sync a second is nothing to a disk.
inline constexpr std::chrono::milliseconds kAuditSync{1000};
inline constexpr std::size_t kAuditArgument = 256; // longer values become their size and digest
inline constexpr std::chrono::hours kSpoolLifetime{1};
inline constexpr std::uint64_t kSpoolTotalFactor = 16; // of MRE_SPOOL_LIMIT

// Configuration files; a settings file or host book of more is a mistake.
inline constexpr std::size_t kConfigFileBytes = 4U << 20U;
inline constexpr std::size_t kKeyFileBytes = 1U << 20U;
// A scan of 40,000 hosts with three keys each; beyond that it is not a known hosts file.
inline constexpr std::size_t kKnownHostsBytes = 32U << 20U;

// Plugins. Reverse-DNS names are far shorter; the id stands in every audit record.
inline constexpr std::size_t kPluginId = 128;
// More services than there are; stops a list without its end.
inline constexpr std::size_t kPluginNeeds = 64;
// Methods of one service that a plugin offers to others: frozen in mre/plugin.h.
inline constexpr std::size_t kServiceMethods = 32;
// Handles of calls that ended are kept this long (in calls), so that a plugin which uses one too
// late is told so.
inline constexpr std::size_t kEndedCalls = 4096;
// Tools, resources and the like of one plugin; a client's context holds no more.
inline constexpr std::size_t kDeclarationsPerPlugin = 512;
// How deep plugins' tools may call each other, and how long such a call waits for a busy plugin, as
// mre/ext/tools.h promises: two plugins that wait for each other must come apart.
inline constexpr std::size_t kToolCallDepth = 4;
inline constexpr std::chrono::milliseconds kNestedPatience{30000};
// Timers and jobs of one plugin that wait or run, as mre/ext/timer.h promises, and the threads they
// get: background work of one plugin must not take the machine from the others.
inline constexpr std::size_t kBackgroundTasks = 4096;
inline constexpr std::size_t kBackgroundThreads = 4;
// How long a plugin that is refused or switched off has to end; a remote command of its calls is
// cancelled within it.
inline constexpr std::chrono::milliseconds kPluginPatience{5000};
// The durable store (mre.kv/1), as its header promises.
inline constexpr std::size_t kKvKeyBytes = 256;
inline constexpr std::size_t kKvValueBytes = 1U << 20U;
inline constexpr std::uint64_t kKvPluginBytes = 64U << 20U;
// How long one process waits for another's write to the store: transactions take milliseconds.
inline constexpr std::chrono::milliseconds kKvPatience{5000};
// Input that a plugin gives to a remote command is read ahead by this much: four SSH packets of 32
// KiB hide the hand-over.
inline constexpr std::size_t kPendingInput = 128U << 10U;

} // namespace mre::limits
