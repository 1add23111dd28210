/* server_internal.h: what the parts of the HTTP server share. No other file includes libmicrohttpd.
 *
 * The life of a request: server.c is called by libmicrohttpd on an event thread; request.c refuses what is
 * not proper HTTP and collects the body; dispatch.c decides and runs; reply.c answers. A write and a slow
 * read suspend the connection; when they are done it is resumed, and the answer is queued on the event
 * thread. */
#ifndef QIFU_PLATFORM_SERVER_INTERNAL_H
#define QIFU_PLATFORM_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "platform/crypto.h"
#include "platform/metrics.h"
#include "platform/router.h"
#include "platform/server.h"
#include "platform/workers.h"
#include "platform/writer.h"

enum {
	REQUEST_ARENA_CAP = 16 * 1024 * 1024,
	CONNECTION_MEMORY = 24 * 1024,
	CONNECTIONS_MOST = 4096,
	CONNECTIONS_PER_ADDRESS = 1024,
	CONNECTION_IDLE_S = 30,
	HEADERS_MOST = 64,
	HEADER_BYTES_MOST = 16 * 1024,
	PARAMETERS_IN_QUERY = 64,
	SWALLOWED_BODY =
		4 * 1024 * 1024, /* a refused request's body up to here is read, so that the answer arrives */
	BODY_MOST_MS = 10 * MINUTE_MS,
	SLOW_REQUEST_MS = 500,
	RETRY_KEY_LONGEST = 200,
	ADDRESS_SIZE = 48,
	REQUEST_ID_SIZE = 32
};

struct server {
	struct app *app;
	struct arena *arena;
	struct router *router;
	struct MHD_Daemon *daemon;
	int listen_socket, port;
	_Atomic int64_t under_way; /* requests that have begun and are not answered; streams not counted */
	_Atomic int64_t suspended; /* of these, with the writer or a worker */
	_Atomic bool stopping;
	_Atomic bool drained; /* stopping, and nothing goes to the writer or a worker any more */
	_Atomic uint64_t request_number;
	char boot[9];
};

enum request_state { REQUEST_NEW, REQUEST_BODY, REQUEST_WAITING, REQUEST_READY, REQUEST_ANSWERED };

struct query_parameter {
	const char *name, *value;
};

struct http_request {
	struct http_connection *connection;
	struct MHD_Connection *mhd;
	struct server *server;
	enum request_state state;
	const char *method;
	const char *uri;       /* as it was sent */
	const char *path;      /* decoded */
	const char *malformed; /* why the address is refused; NULL: good */
	struct query_parameter *query;
	size_t query_count;
	char request_id[REQUEST_ID_SIZE];
	int64_t started_us;

	struct router_match match;
	struct ctx c;
	struct actor actor;
	struct call call;
	void *record_as_sent; /* PostgreSQL may run a write again: what call was before, and the record in it
			       */
	struct call call_as_sent;

	/* headers */
	int64_t content_length; /* -1: none */
	bool chunked, expects_continue, has_forwarded;
	const char *address; /* the client's, as a proxy on this machine tells it */
	const char *retry_key, *retry_digest;
	const char *content_type;

	/* body */
	bool swallow; /* refused already: the body is read and dropped */
	char *bytes;
	size_t length, capacity, swallowed;
	int64_t limit;
	int upload; /* descriptor; -1: in memory */
	struct digest *digest;

	struct write_request write;
	struct worker_request worker;

	/* the answer */
	bool decided; /* whether it may be asked for at all has been decided */
	bool close;   /* the connection ends after the answer */
	bool replayed;
	const char *body;
	size_t body_length;
	unsigned status;
	int64_t version; /* for the ETag; 0 none */
	struct stream *stream;
	bool counted; /* in under_way */
};

/* One connection's memory, used again by each of its requests. */
struct http_connection {
	struct arena *arena;
	char address[ADDRESS_SIZE];
	bool loopback;
	struct http_request request;
};

/* request.c */
void request_begin(struct http_request *request, const char *uri);
/* Looks at everything that came before the body. False: the answer is 4xx, the connection closes. */
bool request_check_headers(struct http_request *request, const char *version);
bool request_expects_body(const struct http_request *request);
void request_body_start(struct http_request *request);
void request_body_add(struct http_request *request, const char *bytes, size_t length);
bool request_body_end(struct http_request *request);
const char *request_header(const struct http_request *request, const char *name);
const struct router *request_router(const struct http_request *request);

/* dispatch.c */
enum dispatched { DISPATCH_ANSWER, DISPATCH_SUSPENDED };
/* Route, session, permission. False with the problem set. Borrows a connection where needed. */
bool dispatch_decide(struct http_request *request);
enum dispatched dispatch_run(struct http_request *request);
bool dispatch_is_write(const struct route *route);

/* retry.c: Idempotency-Key, in the write's own transaction. */
bool retry_claim(struct http_request *request, bool *replayed);
bool retry_keep(struct http_request *request);

/* reply.c */
bool reply_render(struct http_request *request); /* call's reply to request->body */
enum MHD_Result reply_send(struct http_request *request);
enum MHD_Result reply_too_large(struct http_request *request); /* needs no memory */
void reply_secure(struct MHD_Response *response, const char *policy);

/* static_web.c */
bool static_web_has(const char *path);
enum MHD_Result static_web_send(struct http_request *request);

/* stream.c */
enum MHD_Result stream_send(struct http_request *request);

#endif
