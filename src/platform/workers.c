/* workers.c: see workers.h. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/app.h"
#include "platform/db_engine.h"
#include "platform/log.h"
#include "platform/workers.h"
#include "platform/writer_internal.h"

enum { WORKERS_MOST = 32, POSTGRES_WORKERS = 8 };

struct workers {
	struct app *app;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct worker_request *first, **last;
	int64_t waiting;
	bool stopping;
	int thread_count;
	pthread_t threads[WORKERS_MOST];
};

static struct worker_request *take(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	while (!workers->first && !workers->stopping)
		pthread_cond_wait(&workers->arrived, &workers->lock);
	struct worker_request *request = workers->first;
	if (request) {
		workers->first = request->next;
		workers->waiting--;
	}
	if (!workers->first)
		workers->last = &workers->first;
	pthread_mutex_unlock(&workers->lock);
	return request;
}

static void run(struct workers *workers, struct worker_request *request)
{
	struct ctx *c = request->c;
	struct conn *before = c->conn;
	bool good = false;
	c->conn = db_borrow(workers->app->db);
	if (c->conn)
		good = guarded_work(c, request->work, request->data);
	else
		fail(c, UNAVAILABLE, "系统正忙，请稍后再试");
	db_return(c->conn);
	c->conn = before;
	request->done(request, good);
}

static void *worker_thread(void *data)
{
	struct workers *workers = data;
	struct worker_request *request;
	while ((request = take(workers)))
		run(workers, request);
	return NULL;
}

static int thread_count(const struct app *app)
{
	if (app->config.worker_threads > 0)
		return app->config.worker_threads < WORKERS_MOST ? app->config.worker_threads : WORKERS_MOST;
	if (db_kind(app->db) == DB_POSTGRES)
		return POSTGRES_WORKERS;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores < 2 ? 2 : cores > WORKERS_MOST ? WORKERS_MOST : (int)cores;
}

struct workers *workers_new(struct app *app)
{
	struct workers *workers = calloc(1, sizeof *workers);
	if (!workers)
		return NULL;
	workers->app = app;
	workers->last = &workers->first;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->arrived, NULL);
	for (int wanted = thread_count(app); workers->thread_count < wanted; workers->thread_count++)
		if (pthread_create(&workers->threads[workers->thread_count], NULL, worker_thread, workers) !=
			0) {
			log_line(LOG_ERROR, "workers", "cannot start", NULL);
			workers_free(workers);
			return NULL;
		}
	return workers;
}

void workers_free(struct workers *workers)
{
	if (!workers)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->arrived);
	pthread_mutex_unlock(&workers->lock);
	for (int i = 0; i < workers->thread_count; i++)
		pthread_join(workers->threads[i], NULL);
	pthread_cond_destroy(&workers->arrived);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

bool workers_submit(struct workers *workers, struct worker_request *request)
{
	pthread_mutex_lock(&workers->lock);
	bool taken = !workers->stopping && workers->waiting < WORKERS_QUEUE_LIMIT;
	if (taken) {
		request->next = NULL;
		*workers->last = request;
		workers->last = &request->next;
		workers->waiting++;
		pthread_cond_signal(&workers->arrived);
	}
	pthread_mutex_unlock(&workers->lock);
	return taken;
}

int64_t workers_waiting(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	int64_t waiting = workers->waiting;
	pthread_mutex_unlock(&workers->lock);
	return waiting;
}
