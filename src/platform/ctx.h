/* ctx.h: what every fallible function is handed, and how it fails.
 *
 * `struct ctx` is the first argument everywhere. There are no globals. The clock is ctx->now, fixed for the
 * whole request so that all rows of one transaction carry one instant.
 *
 * A function that can fail returns bool and sets ctx->problem through fail() or fault(). `detail` is for the
 * person at the screen: Chinese, and it says what to do. File, line and SQL go to the log, never into
 * `detail`.
 */
#ifndef QIFU_PLATFORM_CTX_H
#define QIFU_PLATFORM_CTX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/instant.h"

struct app;
struct conn;
struct actor;

/* The numbers are HTTP's, so that nothing needs translating. */
enum problem_code {
	NO_PROBLEM = 0,
	BAD_REQUEST = 400,     /* not HTTP, not JSON, not UTF-8 */
	UNAUTHENTICATED = 401, /* no session or key, or an ended one */
	FORBIDDEN = 403,       /* the permission is missing, or the record is beyond the fence */
	NOT_FOUND = 404,
	NOT_ALLOWED = 405,
	CONFLICT = 409, /* the state does not allow it, or a unique value is taken */
	GONE = 410,
	STALE = 412, /* If-Match names an older version; the reply carries the present one */
	TOO_LARGE = 413,
	UNSUPPORTED = 415,
	INVALID = 422,	     /* fields are wrong; faults[] names every one */
	UNCONDITIONAL = 428, /* an edit without If-Match */
	TOO_MANY = 429,
	INTERNAL = 500,
	UNAVAILABLE = 503 /* the database is busy or away: try again */
};

/* One thing wrong with one field. `code` is stable and for programs ("required", "too_long",
 * "stop.lead_time"). */
struct fault {
	const char *field; /* JSON name, dotted inside objects: "contacts.0.phone" */
	const char *code;
	const char *detail;
	struct fault *next;
};

struct problem {
	enum problem_code code;
	const char *detail;
	struct fault *faults; /* in the order they were found */
	struct fault **last_fault;
	const char *present;	     /* with STALE: the record as it is now, JSON */
	int64_t retry_after_seconds; /* with TOO_MANY and UNAVAILABLE; 0 none */
};

struct ctx {
	struct app *app;
	struct arena *arena;
	struct conn *conn;	   /* this thread's connection; a transaction is open in it during a write */
	const struct actor *actor; /* who acts; never NULL: the system itself has an actor too (auth.h) */
	struct instant now;
	struct problem problem;
	const char *request_id; /* for the log and the reply's X-Request-Id */
	struct event *events;	/* emitted so far; published after the commit (events.h) */
	bool passive; /* asked by a program on its own (a stream, a screen that refreshes itself): keeps no
		       * session alive */
};

/* Sets the problem and returns false: `return fail(c, CONFLICT, "工单 %s 已关闭", number);`
 * The first problem stays; a later call only logs. */
bool fail(struct ctx *c, enum problem_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a fault to a field and makes the problem INVALID. Returns false, so that one may collect:
 * `ok = fault(c, "phone", "format", "…") && ok`, or check ctx_failed() after a group of checks. */
bool fault(struct ctx *c, const char *field, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

bool ctx_failed(const struct ctx *c);

/* Forgets a problem that the caller has dealt with (import: one bad row must not end the run). */
void ctx_forgive(struct ctx *c);

#endif
