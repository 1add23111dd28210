/* writer.c: see writer.h. The queue is one list; SQLite's one thread takes all of it, PostgreSQL's threads
 * one each. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/app.h"
#include "platform/db_engine.h"
#include "platform/events.h"
#include "platform/log.h"
#include "platform/writer.h"
#include "platform/writer_internal.h"

enum { POSTGRES_WRITERS = 8, WRITERS_MOST = 32, SLOW_WRITE_MS = 1000 };

struct writer {
	struct app *app;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct write_request *first, **last;
	bool stopping;
	struct writer_counts counts;
	int thread_count;
	struct writer_thread {
		struct writer *writer;
		struct conn *conn;
		pthread_t thread;
		bool started;
	} threads[WRITERS_MOST];
};

/* ---- one write
 * -------------------------------------------------------------------------------------------------- */

bool guarded_work(struct ctx *c, bool (*work)(struct ctx *c, void *data), void *data)
{
	jmp_buf recovery;
	volatile bool good = false;
	/* A job waits for its write with the same arena: its own recovery point comes back at the end. */
	jmp_buf *before = arena_on_full(c->arena, &recovery);
	if (setjmp(recovery) == 0) {
		good = work(c, data);
	} else {
		c->problem =
			(struct problem){ .code = TOO_LARGE, .detail = "这次要处理的内容太多，请分几次办理" };
	}
	arena_on_full(c->arena, before);
	return good && !ctx_failed(c);
}

static void refuse(struct ctx *c)
{
	if (ctx_failed(c))
		ctx_forgive(c);
	c->problem = (struct problem){
		.code = UNAVAILABLE, .detail = "数据库暂时不可用，请稍后再试", .retry_after_seconds = 2
	};
}

static void complete(
	struct writer *writer, struct write_request *request, struct conn *before, bool committed)
{
	struct ctx *c = request->c;
	c->conn = before;
	if (committed) {
		if (c->events && writer->app->events)
			events_publish(c);
	} else if (!ctx_failed(c)) {
		c->problem = (struct problem){ .code = INTERNAL, .detail = "操作没有完成，请重试" };
	}
	pthread_mutex_lock(&writer->lock);
	committed ? writer->counts.committed++ : writer->counts.rolled_back++;
	pthread_mutex_unlock(&writer->lock);
	request->done(request, committed); /* the request may be gone from here on */
}

/* ---- SQLite: a group
 * ---------------------------------------------------------------------------------------------- */

struct group {
	struct write_request *requests[WRITER_BATCH_MOST];
	struct conn *before[WRITER_BATCH_MOST]; /* what c->conn was, given back at the end */
	bool good[WRITER_BATCH_MOST];
	size_t count;
};

static bool run_in_savepoint(struct ctx *own, struct write_request *request)
{
	struct ctx *c = request->c;
	c->conn = own->conn;
	if (!db_savepoint(own, "one_write"))
		return false;
	bool good = guarded_work(c, request->work, request->data);
	conn_close_rows(own->conn);
	if (!conn_in_transaction(own->conn))
		return false;
	if (good && db_release(own, "one_write"))
		return true;
	db_rollback_to(own, "one_write");
	return false;
}

/* False when nothing of the group is kept. */
static bool run_group(struct ctx *own, struct group *group)
{
	bool any = false;
	if (!db_begin(own))
		return false;
	for (size_t i = 0; i < group->count; i++) {
		group->good[i] = run_in_savepoint(own, group->requests[i]);
		if (!conn_in_transaction(own->conn)) {
			/* A full disk or a failing one has taken the whole transaction back. */
			db_rollback(own);
			return false;
		}
		any = any || group->good[i];
	}
	if (any)
		return db_commit(own);
	db_rollback(own);
	return true;
}

static void sqlite_group(struct writer_thread *thread, struct group *group)
{
	struct writer *writer = thread->writer;
	struct ctx own = { .app = writer->app, .conn = thread->conn, .actor = &system_actor };
	struct instant start = instant_machine_now();
	for (size_t i = 0; i < group->count; i++)
		group->before[i] = group->requests[i]->c->conn;
	bool kept = run_group(&own, group);
	int64_t took = instant_machine_now().ms - start.ms;
	if (took > SLOW_WRITE_MS)
		log_line(LOG_WARN, "writer", "a group of writes took more than a second", NULL);
	pthread_mutex_lock(&writer->lock);
	writer->counts.transactions += kept;
	pthread_mutex_unlock(&writer->lock);
	for (size_t i = 0; i < group->count; i++) {
		struct write_request *request = group->requests[i];
		if (!kept)
			refuse(request->c);
		complete(writer, request, group->before[i], kept && group->good[i]);
	}
}

/* ---- PostgreSQL: one by one
 * ------------------------------------------------------------------------------------------- */

static bool run_transaction(struct ctx *own, struct write_request *request, bool *again)
{
	struct ctx *c = request->c;
	c->conn = own->conn;
	own->conn->again = false;
	*again = false;
	ctx_forgive(own);
	if (!db_begin(own)) {
		c->problem = own->problem;
		return false;
	}
	bool good = guarded_work(c, request->work, request->data);
	if (good && db_commit(own))
		return true;
	if (good)
		refuse(c);
	*again = own->conn->again;
	db_rollback(own);
	return false;
}

static void postgres_write(struct writer_thread *thread, struct write_request *request)
{
	struct ctx own = { .app = thread->writer->app, .conn = thread->conn, .actor = &system_actor };
	struct ctx *c = request->c;
	struct conn *before = c->conn;
	struct event *events = c->events;
	bool committed = false, again = true;
	for (int try = 1; again && try <= WRITER_TRIES; try++) {
		if (try > 1) {
			ctx_forgive(c);
			c->events = events;
			if (request->again)
				request->again(request);
			usleep((unsigned)(try * 2000));
		}
		committed = run_transaction(&own, request, &again);
	}
	conn_close_rows(thread->conn);
	pthread_mutex_lock(&thread->writer->lock);
	thread->writer->counts.transactions += committed;
	pthread_mutex_unlock(&thread->writer->lock);
	complete(thread->writer, request, before, committed);
}

/* ---- the queue
 * ------------------------------------------------------------------------------------------------------- */

/* Waits for work. Zero: the writer is stopping and nothing is left. */
static size_t take(struct writer *writer, struct write_request **out, size_t most)
{
	size_t count = 0;
	pthread_mutex_lock(&writer->lock);
	while (!writer->first && !writer->stopping)
		pthread_cond_wait(&writer->arrived, &writer->lock);
	while (writer->first && count < most) {
		out[count++] = writer->first;
		writer->first = writer->first->next;
		writer->counts.waiting--;
	}
	if (!writer->first)
		writer->last = &writer->first;
	pthread_mutex_unlock(&writer->lock);
	return count;
}

static void *sqlite_thread(void *data)
{
	struct writer_thread *thread = data;
	struct group group;
	while ((group.count = take(thread->writer, group.requests, WRITER_BATCH_MOST)))
		sqlite_group(thread, &group);
	return NULL;
}

static void *postgres_thread(void *data)
{
	struct writer_thread *thread = data;
	struct write_request *request;
	while (take(thread->writer, &request, 1))
		postgres_write(thread, request);
	return NULL;
}

static bool submit(struct writer *writer, struct write_request *request, int64_t limit)
{
	pthread_mutex_lock(&writer->lock);
	bool taken = !writer->stopping && writer->counts.waiting < limit;
	if (taken) {
		request->next = NULL;
		*writer->last = request;
		writer->last = &request->next;
		writer->counts.waiting++;
		pthread_cond_signal(&writer->arrived);
	}
	pthread_mutex_unlock(&writer->lock);
	return taken;
}

bool writer_submit(struct writer *writer, struct write_request *request)
{
	return submit(writer, request, WRITER_QUEUE_LIMIT);
}

bool writer_submit_waiting(struct writer *writer, struct write_request *request)
{
	return submit(writer, request, INT64_MAX);
}

struct writer_counts writer_count(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	struct writer_counts counts = writer->counts;
	pthread_mutex_unlock(&writer->lock);
	return counts;
}

/* ---- life
 * ----------------------------------------------------------------------------------------------------------------
 */

struct writer *writer_new(struct app *app)
{
	struct writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		return NULL;
	writer->app = app;
	writer->last = &writer->first;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->arrived, NULL);
	bool sqlite = db_kind(app->db) == DB_SQLITE;
	int threads = sqlite			       ? 1
		      : app->config.worker_threads > 0 ? app->config.worker_threads
						       : POSTGRES_WRITERS;
	for (int i = 0; i < threads && i < WRITERS_MOST; i++) {
		struct writer_thread *thread = &writer->threads[writer->thread_count++];
		thread->writer = writer;
		thread->conn = db_connect(app->db);
		thread->started =
			thread->conn && pthread_create(&thread->thread, NULL,
						sqlite ? sqlite_thread : postgres_thread, thread) == 0;
		if (!thread->started) {
			log_line(LOG_ERROR, "writer", "cannot start", NULL);
			writer_free(writer);
			return NULL;
		}
	}
	return writer;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_broadcast(&writer->arrived);
	pthread_mutex_unlock(&writer->lock);
	for (int i = 0; i < writer->thread_count; i++) {
		if (writer->threads[i].started)
			pthread_join(writer->threads[i].thread, NULL);
		db_disconnect(writer->threads[i].conn);
	}
	pthread_cond_destroy(&writer->arrived);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}
