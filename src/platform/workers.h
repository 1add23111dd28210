/* workers.h: a few threads for what would hold an event thread up: exports, long reads, password hashing,
 * photos.
 *
 * Each piece of work is lent a connection that reads only. The queue is bounded.
 */
#ifndef QIFU_PLATFORM_WORKERS_H
#define QIFU_PLATFORM_WORKERS_H

#include "platform/ctx.h"

enum { WORKERS_QUEUE_LIMIT = 256 };

struct workers;

struct worker_request {
	/* Runs on a worker's thread with c->conn lent for reading (no transaction is open; db_begin_read()
	 * makes a snapshot, which is ended for you). False leaves its reason in c->problem. Reaching the
	 * arena's cap gives TOO_LARGE; the recovery point of c->arena is the worker's meanwhile and is put
	 * back afterwards: take yours away before submitting. */
	bool (*work)(struct ctx *c, void *data);
	void *data;
	struct ctx *c;
	/* Called on the worker's thread, once. The request belongs to its owner again. */
	void (*done)(struct worker_request *request, bool ok);
	struct worker_request *next; /* the queue's */
};

/* `threads` as in config.worker_threads (0: by cores and database). NULL with the reason in the log. */
struct workers *workers_new(struct app *app);
/* Finishes what is queued, joins the threads. NULL is allowed. */
void workers_free(struct workers *workers);
/* False when the queue is full or the workers are stopping: answer UNAVAILABLE. */
bool workers_submit(struct workers *workers, struct worker_request *request);
int64_t workers_waiting(struct workers *workers);

#endif
