/* writer.h: every change goes through here, and is answered only after its commit.
 *
 * SQLite has one writer thread. It takes all the writes that wait, opens one transaction, gives each write a
 * savepoint, commits them together (one fsync) and then completes them in their order. PostgreSQL has a few
 * writer threads, each with its own connection and one transaction per write; a write that loses to another
 * one (serialization failure, deadlock) is run again, up to WRITER_TRIES times altogether.
 *
 * The queue is bounded: when it is full the write is refused at once and the client is told to try again.
 */
#ifndef QIFU_PLATFORM_WRITER_H
#define QIFU_PLATFORM_WRITER_H

#include "platform/ctx.h"

enum { WRITER_QUEUE_LIMIT = 1024, WRITER_BATCH_MOST = 256, WRITER_TRIES = 3 };

struct writer;

struct write_request {
	/* Runs on a writer's thread with c->conn lent and a transaction open. False, or a problem left in c,
	 * rolls back this write alone. Reaching the arena's cap rolls back too, with TOO_LARGE. The recovery
	 * point of c->arena is the writer's meanwhile and is put back afterwards: take yours away before
	 * submitting, its frame may be gone by then. */
	bool (*work)(struct ctx *c, void *data);
	void *data;
	/* The request's own context: its arena, actor, now. Nobody else touches it until done() is called. */
	struct ctx *c;
	/* Called on the writer's thread, once: after the COMMIT (events are already published) or after the
	 * rollback (c->problem tells why). It must be brief. The request belongs to its owner again: it may
	 * be freed here. */
	void (*done)(struct write_request *request, bool committed);
	/* PostgreSQL: called before work runs another time, so that what a first run left in `data` (a half
	 * written reply) can be taken back. The writer itself restores c->problem and c->events. NULL:
	 * nothing to take back. */
	void (*again)(struct write_request *request);
	struct write_request *next; /* the queue's */
};

/* Starts the threads. NULL when they or their connections cannot be had; the reason is in the log. */
struct writer *writer_new(struct app *app);

/* Finishes what is queued, refuses what comes after, joins the threads. NULL is allowed. */
void writer_free(struct writer *writer);

/* False when the queue is full or the writer is stopping: done() is not called, answer UNAVAILABLE. */
bool writer_submit(struct writer *writer, struct write_request *request);

/* For the metrics: writes waiting now; writes and transactions committed since the start. */
struct writer_counts {
	int64_t waiting, committed, rolled_back, transactions;
};
struct writer_counts writer_count(struct writer *writer);

#endif
