/* route.h: the table that says what can be asked of qifu.
 *
 * A module declares its routes; the platform matches, authenticates, checks the permission, parses and checks
 * the body, opens the transaction, calls the handler, and writes the reply. A handler is short: it calls its
 * module's verbs.
 */
#ifndef QIFU_PLATFORM_ROUTE_H
#define QIFU_PLATFORM_ROUTE_H

#include "platform/auth.h"
#include "platform/entity.h"

enum { ROUTE_PARAMETERS = 4 };

struct call;

enum route_run {
	ON_EVENT_THREAD, /* GET by default: a fast read, one snapshot */
	ON_WORKER,	 /* a slow read: exports, pages of many queries */
	IN_WRITE	 /* POST, PUT, PATCH, DELETE by default: one transaction, answered after its commit */
};

enum route_flags {
	PUBLIC = 1,	  /* no login; x-public in the description */
	ANY_STAFF = 2,	  /* any logged-in person: one's own session, own messages, static choices */
	UNMASKS = 4,	  /* personal fields leave in full; the handler has checked why and logged it */
	IS_LIST = 8,	  /* reply is {"items":[reply…],"next":…}; the description says so */
	RAW_BODY = 16,	  /* the body is not JSON (uploads): call->bytes */
	ALLOW_LARGE = 32, /* a body up to config->upload_limit, kept in a file: call->upload_path */
	READ_ONLY_POST =
		64, /* a POST that changes nothing (preview, search): no transaction, no Idempotency-Key */
	NO_RETRY_KEY = 128, /* Idempotency-Key is not kept (login: the reply carries a secret) */
	STREAMS = 256	    /* the handler takes the connection over (server-sent events) */
};

struct route {
	const char *method; /* GET POST PUT PATCH DELETE */
	const char *path;   /* below /api/v1: "/households/{id}/contacts" ; a path that starts with "//" is
			       absolute: "//healthz" */
	bool (*handle)(struct ctx *c, struct call *call);
	int permission; /* 0 only with PUBLIC or ANY_STAFF */
	const struct entity
		*body; /* the JSON body is this, checked before the handler; NULL: call->json or none */
	const struct entity
		*reply; /* call->reply is this, written after the handler; NULL: call->out or 204 */
	unsigned flags;
	enum entity_mode body_mode;
	enum route_run run; /* 0 takes the method's default */
	/* Work before the transaction, on a worker: hashing a password, decoding a photo. Optional; may set
	 * call->prepared. */
	bool (*prepare)(struct ctx *c, struct call *call);
	const char *summary; /* Chinese, one line, for the description and the audit */
	const char
		*menu; /* "档案/户档": a generic list screen of the console stands at this place; NULL none */
};

struct call {
	const struct route *route;
	int64_t id;				 /* {id}; 0 where the path has none */
	const char *parameter[ROUTE_PARAMETERS]; /* all path parameters as text, in order */
	void *record;				 /* parsed body, route->body->size bytes; NULL without */
	json_t *json;	   /* parsed JSON body, also when there is a record; NULL without */
	const char *bytes; /* raw body (RAW_BODY) */
	size_t length;
	const char *upload_path;  /* ALLOW_LARGE: the body's file, deleted after the call */
	const char *content_type; /* of the body */
	int64_t if_match;	  /* version from If-Match; 0 none */
	void *prepared;		  /* from route->prepare */

	/* the reply */
	void *reply;	      /* route->reply->size bytes, zeroed; fill it */
	struct json_out *out; /* or write JSON here */
	bool unmasked;	      /* this reply may show personal fields in full */
	int status; /* 0: 200, or 201 for a POST that set location, or 204 when nothing was written */
	const char *location;
	const char *file_bytes; /* a reply that is not JSON */
	size_t file_length;
	const char *file_path; /* or a file on disk, sent and kept (delete_file: sent and deleted) */
	bool delete_file;
	const char *file_type;
	const char *file_name;		 /* Content-Disposition: attachment; filename*=UTF-8'' */
	const char *set_cookie;		 /* whole value */
	const char *csrf;		 /* of the session just opened: header X-CSRF-Token */
	const struct http_request *http; /* the platform's own */
};

/* ?name= of the query, decoded and valid UTF-8; NULL when absent. */
const char *call_query(const struct call *call, const char *name);
/* The query's parameters in their order; false beyond the last. */
bool call_query_at(const struct call *call, size_t index, const char **name, const char **value);
/* A number from the query; a fault when it isn't one or lies outside. */
int64_t call_query_int(struct ctx *c, const struct call *call, const char *name, int64_t fallback,
	int64_t at_least, int64_t at_most);
const char *call_header(const struct call *call, const char *name); /* NULL when absent */
/* UNCONDITIONAL when an edit came without If-Match. */
bool call_require_version(struct ctx *c, const struct call *call);

#endif
