/* app.c: the clock, contexts outside requests, writes from the platform's threads, migrations of everything.
 */
#include <pthread.h>
#include <stdlib.h>

#include "platform/app.h"
#include "platform/db_engine.h"
#include "platform/embedded.h"
#include "platform/events.h"
#include "platform/log.h"
#include "platform/writer.h"
#include "platform/writer_internal.h"

enum { CTX_ARENA_CAP = 256 * 1024 * 1024, MODULES_MOST = 128 };

struct instant app_now(const struct app *app)
{
	int64_t shift = atomic_load_explicit(&app->clock_shift_ms, memory_order_relaxed);
	if (atomic_load_explicit(&app->clock_stopped, memory_order_relaxed))
		return (struct instant){ shift };
	return instant_plus(instant_machine_now(), shift);
}

struct ctx *ctx_begin(struct app *app)
{
	struct arena *arena = arena_new(CTX_ARENA_CAP);
	if (!arena)
		return NULL;
	struct ctx *c = arena_new_object(arena, struct ctx);
	c->app = app;
	c->arena = arena;
	c->actor = &system_actor;
	c->now = app_now(app);
	c->conn = db_connect(app->db);
	if (c->conn)
		return c;
	arena_free(arena);
	return NULL;
}

void ctx_end(struct ctx *c)
{
	if (!c)
		return;
	struct conn *conn = c->conn;
	if (conn && conn->transaction != NO_TRANSACTION)
		db_rollback(c);
	arena_free(c->arena);
	db_disconnect(conn);
}

/* ---- app_write
 * ------------------------------------------------------------------------------------------------- */

struct awaited {
	struct write_request request;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	bool is_finished, committed;
};

static void awaited_done(struct write_request *request, bool committed)
{
	struct awaited *awaited = (struct awaited *)request;
	pthread_mutex_lock(&awaited->lock);
	awaited->is_finished = true;
	awaited->committed = committed;
	pthread_cond_signal(&awaited->finished);
	pthread_mutex_unlock(&awaited->lock);
}

static bool write_through_writer(struct ctx *own, bool (*work)(struct ctx *c, void *data), void *data)
{
	struct awaited awaited = { .request = {
					   .work = work, .data = data, .c = own, .done = awaited_done } };
	pthread_mutex_init(&awaited.lock, NULL);
	pthread_cond_init(&awaited.finished, NULL);
	if (writer_submit_waiting(own->app->writer, &awaited.request)) {
		pthread_mutex_lock(&awaited.lock);
		while (!awaited.is_finished)
			pthread_cond_wait(&awaited.finished, &awaited.lock);
		pthread_mutex_unlock(&awaited.lock);
	} else {
		fail(own, UNAVAILABLE, "系统正在停止，请稍后再试");
	}
	pthread_cond_destroy(&awaited.finished);
	pthread_mutex_destroy(&awaited.lock);
	return awaited.committed;
}

/* Commands have no writer: the transaction is opened in the caller's connection. */
static bool write_here(struct ctx *own, bool (*work)(struct ctx *c, void *data), void *data)
{
	if (!db_begin(own))
		return false;
	bool good = work(own, data) && !ctx_failed(own);
	if (good)
		return db_commit(own);
	db_rollback(own);
	return false;
}

bool app_write(struct ctx *c, bool (*work)(struct ctx *c, void *data), void *data)
{
	struct ctx own = { .app = c->app,
		.arena = c->arena,
		.conn = c->conn,
		.actor = c->actor,
		.now = app_now(c->app),
		.request_id = c->request_id };
	if (c->conn && c->conn->transaction == WRITE_TRANSACTION) {
		log_line(LOG_ERROR, "app", "app_write within a write", NULL);
		return fail(c, INTERNAL, "系统内部出错，已记入日志，请告知系统管理员");
	}
	bool good = c->app->writer ? write_through_writer(&own, work, data) : write_here(&own, work, data);
	if (good)
		return true;
	if (!ctx_failed(&own))
		fail(&own, INTERNAL, "操作没有完成");
	if (!ctx_failed(c)) {
		c->problem = own.problem;
		if (!c->problem.faults)
			c->problem.last_fault = NULL;
	}
	return false;
}

/* ---- migrations
 * --------------------------------------------------------------------------------------------------- */

static void add_source(struct ctx *c, struct migration_source *sources, size_t *count, const char *module)
{
	const struct embedded *file = embedded_find(arena_format(c->arena, "sql/%s.sql", module));
	if (file && *count < MODULES_MOST)
		sources[(*count)++] = (struct migration_source){ module, (const char *)file->bytes };
}

bool app_migrate(struct ctx *c)
{
	struct migration_source sources[MODULES_MOST];
	size_t count = 0;
	add_source(c, sources, &count, "platform");
	add_source(c, sources, &count, "search");
	for (size_t i = 0; i < c->app->module_count; i++)
		add_source(c, sources, &count, c->app->modules[i]->name);
	return db_migrate(c, sources, count);
}
