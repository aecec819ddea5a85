/* mre/ext/peer.h - mre.peer/1: transports.  A plugin that brings clients.  Since 1.0.
 *
 * The plugin knows bytes, connections and who its client is (the principal).  Everything about the
 * protocol is the host's: generations, handshake and sessions, the order of checks, which header
 * means what, requests to the client, events that are kept for a client that comes back.
 *
 * Two shapes of transport:
 *   a connection    open(), receive() per message, close(): a Unix socket, a pipe
 *   requests        request() per HTTP request, close(): Streamable HTTP
 * Both hand out a mre_peer and answer through an outlet.
 *
 * Outlet: send() is called from any thread, one call at a time, in the order in which the client
 * must see the messages, also before open() or request() has returned.  It must not block (queue
 * and return) and must not call this service.  After close() has returned it is never called again.
 *
 * Threads: all functions [any], unless said otherwise. */
#ifndef MRE_EXT_PEER_H
#define MRE_EXT_PEER_H
#include <mre/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define MRE_PEER "mre.peer/1"

typedef struct mre_peer mre_peer; /* one connection or one request, until close() */

typedef struct mre_transport {
  uint32_t size, reserved;
  const char *name; /* for logs: "http" */
  void *ctx;
  /* [control] Begin to listen.  The tools are there: the first client may come before this returns.
   * A failure stops the start of the server with this message. */
  mre_status (*start)(void *ctx, mre_error *err);
  /* [control] Take no new client and no new request; what is under way goes on and is answered. Do
   * not wait for it: the host ends it and then calls the plugin's stop() and destroy().  May come
   * without start(). */
  void (*stop)(void *ctx);
} mre_transport;

/* mre_outgoing.flags; zero is a message on a stream that goes on. */
enum {
  MRE_OUTGOING_LAST = 1u << 0,     /* nothing follows: a request's answer, or its stream ends */
  MRE_OUTGOING_MAY_DROP = 1u << 1, /* lost without harm when the client reads too slowly */
  MRE_OUTGOING_PAUSE = 1u << 2     /* end this response now; the client comes back for the rest */
};

typedef struct mre_outgoing {
  uint32_t size, flags;
  /* One JSON-RPC message, no line end in it.  Empty: with LAST there is no body (status says it
   * all); without, the stream begins (HTTP: the headers of an event stream leave now). */
  mre_str message;
  /* Of the event, for clients that can come back; empty: none.  With an empty message it is the
   * event that tells the client where it is. */
  mre_str event_id;
  mre_str session_id; /* the session that begins with this answer; mostly empty */
  /* HTTP status for a response that has not begun.  A first message without LAST begins an event
   * stream with 200. */
  int32_t status;
  uint32_t reserved;
} mre_outgoing;

typedef struct mre_outlet {
  void *ctx;
  void (*send)(void *ctx, const mre_outgoing *outgoing);
} mre_outlet;

/* mre_client.flags; zero is the cautious one: a client somewhere on a network. */
enum {
  MRE_CLIENT_LOCAL = 1u << 0 /* the client is this machine's own user: it may name local files */
};

typedef struct mre_client {
  uint32_t size, flags;
  /* Who this is, as the transport has proven it: "token-7", "uid-1000".  The host puts the
   * plugin's id before it; sessions, questions and handles belong to it. */
  mre_str principal;
} mre_client;

/* mre_peer_request.verb */
enum { MRE_REQUEST_POST = 1, MRE_REQUEST_GET = 2, MRE_REQUEST_DELETE = 3 };
/* mre_peer_request.flags */
enum {
  MRE_REQUEST_NO_STREAM = 1u << 0 /* the client takes no event stream */
};

typedef struct mre_field {
  mre_str name, value; /* white space around the value is of no meaning */
} mre_field;

typedef struct mre_peer_request {
  uint32_t size, flags;
  int32_t verb;
  uint32_t field_count;
  const mre_field *fields; /* the request's headers; those the host does not know are ignored */
  mre_str body;            /* of a POST: one message */
  const mre_client *client;
  const mre_outlet *outlet;
} mre_peer_request;

typedef struct mre_peer_api {
  uint32_t size, reserved;
  /* [control] Inside declare(), once per transport; copied. */
  mre_status (*transport)(const mre_registry *registry, const mre_transport *transport,
                          mre_error *err);
  /* A connection that carries whole messages both ways. */
  mre_status (*open)(const mre_host *host, const mre_client *client, const mre_outlet *outlet,
                     mre_peer **peer, mre_error *err);
  /* One message of a connection, without its line end.  Whatever it holds is answered through the
   * outlet; longer than message_bytes (mre.config/1, limits) as well. */
  mre_status (*receive)(const mre_host *host, mre_peer *peer, mre_str message, mre_error *err);
  /* One request of a transport with headers.  The answer may come before this returns. */
  mre_status (*request)(const mre_host *host, const mre_peer_request *request, mre_peer **peer,
                        mre_error *err);
  /* The client has left, or the transport has seen LAST or PAUSE and is done.  A connection's calls
   * are cancelled, and a request's where the protocol says that leaving cancels.  The handle is
   * spent. */
  void (*close)(const mre_host *host, mre_peer *peer);
} mre_peer_api;

#ifdef __cplusplus
}
#endif
#endif
