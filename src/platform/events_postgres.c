/* events_postgres.c: events between nodes, by LISTEN and NOTIFY. A node that was cut off tells its screens to
 * ask anew. */
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "platform/events_internal.h"
#include "platform/json.h"
#include "platform/log.h"

enum { LINK_ARENA_CAP = 4 * 1024 * 1024, RECONNECT_MS = 1000, LINK_QUEUE_MOST = 8192, CHECK_MS = 30000 };

struct parcel {
	struct parcel *next;
	char payload[];
};

struct events_link {
	struct events *events;
	pthread_mutex_t lock;
	pthread_t thread;
	bool started, stopping;
	int bell; /* rung when there is something to send, or to stop */
	struct parcel *first, **last;
	size_t count;
	bool lost; /* something could not be sent: the others are told that there is a gap */
	PGconn *connection;
	struct arena *arena;
};

static void ring(struct events_link *link)
{
	uint64_t one = 1;
	if (write(link->bell, &one, sizeof one) < 0 && errno != EAGAIN)
		log_line(LOG_WARN, "events", "cannot ring", NULL);
}

/* ---- sending ---------------------------------------------------------------------------------------------
 */

static const char *payload_of(
	struct events_link *link, struct arena *arena, const struct notice *notice, bool whole)
{
	struct json_out out = json_out_new(arena);
	out_object_open(&out);
	put_text(&out, "node", link->events->boot);
	put_text(&out, "kind", notice->kind);
	put_int(&out, "subject_id", notice->subject_id);
	put_int(&out, "org_id", notice->org_id);
	put_int(&out, "permission", notice->permission);
	put_int(&out, "staff_id", notice->staff_id);
	if (whole && notice->summary)
		put_text(&out, "summary", notice->summary);
	out_object_close(&out);
	if (whole && out.text.length > NOTIFY_PAYLOAD_MOST)
		return payload_of(link, arena, notice, false);
	return json_out_text(&out);
}

void events_link_send(struct events_link *link, const struct notice *notice)
{
	struct arena *arena = arena_new(LINK_ARENA_CAP);
	const char *payload = arena ? payload_of(link, arena, notice, true) : "";
	size_t length = strlen(payload);
	struct parcel *parcel = length ? malloc(sizeof *parcel + length + 1) : NULL;
	if (parcel) {
		parcel->next = NULL;
		memcpy(parcel->payload, payload, length + 1);
	}
	arena_free(arena);
	pthread_mutex_lock(&link->lock);
	if (parcel && link->count < LINK_QUEUE_MOST) {
		*link->last = parcel;
		link->last = &parcel->next;
		link->count++;
		parcel = NULL;
	} else {
		link->lost = true;
	}
	pthread_mutex_unlock(&link->lock);
	free(parcel);
	ring(link);
}

static bool notify(struct events_link *link, const char *payload)
{
	const char *const values[] = { payload };
	PGresult *result = PQexecParams(
		link->connection, "SELECT pg_notify('qifu_events', $1)", 1, NULL, values, NULL, NULL, 0);
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
	PQclear(result);
	return good;
}

static struct parcel *take_parcel(struct events_link *link)
{
	pthread_mutex_lock(&link->lock);
	struct parcel *parcel = link->first;
	if (parcel) {
		link->first = parcel->next;
		link->count--;
		if (!link->first)
			link->last = &link->first;
	}
	pthread_mutex_unlock(&link->lock);
	return parcel;
}

static void send_parcels(struct events_link *link)
{
	for (struct parcel *parcel; (parcel = take_parcel(link));) {
		if (!notify(link, parcel->payload))
			link->lost = true; /* only this thread reads it */
		free(parcel);
	}
	if (link->lost && notify(link, "gap"))
		link->lost = false;
}

/* ---- hearing ---------------------------------------------------------------------------------------------
 */

static void hear(struct events_link *link, const char *payload)
{
	struct ctx c = { .app = link->events->app, .arena = link->arena, .actor = &system_actor };
	json_t *object;
	if (strcmp(payload, "gap") == 0) {
		events_take_gap(link->events);
		return;
	}
	if (!json_parse(&c, payload, strlen(payload), &object) || !json_is_object(object))
		return;
	const char *node = json_get_text(&c, object, "node"), *kind = json_get_text(&c, object, "kind");
	if (!node || !kind || strcmp(node, link->events->boot) == 0)
		return;
	struct event event = { .kind = kind,
		.subject_id = json_get_int(&c, object, "subject_id", 0),
		.org_id = json_get_int(&c, object, "org_id", 0),
		.permission = (int)json_get_int(&c, object, "permission", 0),
		.staff_id = json_get_int(&c, object, "staff_id", 0),
		.summary = json_get_text(&c, object, "summary") };
	if (event.permission >= 0 && event.permission < PERMISSION_LIMIT)
		events_take_remote(link->events, &event);
}

static void hear_all(struct events_link *link)
{
	for (PGnotify *heard; (heard = PQnotifies(link->connection));) {
		hear(link, heard->extra);
		PQfreemem(heard);
		arena_reset(link->arena);
	}
}

/* ---- the thread ------------------------------------------------------------------------------------------
 */

static bool is_stopping(struct events_link *link)
{
	pthread_mutex_lock(&link->lock);
	bool stopping = link->stopping;
	pthread_mutex_unlock(&link->lock);
	return stopping;
}

static bool link_connect(struct events_link *link)
{
	PQfinish(link->connection);
	link->connection = PQconnectdb(link->events->app->config.db_address);
	PGresult *result = PQexec(link->connection, "LISTEN qifu_events");
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return good;
}

static void wait_for_something(struct events_link *link)
{
	struct pollfd waited[] = { { .fd = link->bell, .events = POLLIN },
		{ .fd = PQsocket(link->connection), .events = POLLIN } };
	uint64_t rung;
	poll(waited, 2, CHECK_MS);
	if (waited[0].revents && read(link->bell, &rung, sizeof rung) < 0 && errno != EAGAIN)
		log_line(LOG_WARN, "events", "cannot hear the bell", NULL);
}

static void serve_connection(struct events_link *link)
{
	while (!is_stopping(link) && PQstatus(link->connection) == CONNECTION_OK) {
		send_parcels(link);
		if (!PQconsumeInput(link->connection))
			return;
		hear_all(link);
		wait_for_something(link);
	}
	send_parcels(link);
}

static void *link_thread(void *data)
{
	struct events_link *link = data;
	bool heard_before = false;
	while (!is_stopping(link)) {
		if (!link_connect(link)) {
			struct pollfd bell = { .fd = link->bell, .events = POLLIN };
			poll(&bell, 1, RECONNECT_MS);
			usleep(100000);
			continue;
		}
		if (heard_before)
			events_take_gap(link->events);
		heard_before = true;
		serve_connection(link);
	}
	return NULL;
}

struct events_link *events_link_new(struct events *events)
{
	struct events_link *link = calloc(1, sizeof *link);
	if (!link)
		return NULL;
	link->events = events;
	link->last = &link->first;
	link->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	link->arena = arena_new(LINK_ARENA_CAP);
	pthread_mutex_init(&link->lock, NULL);
	link->started =
		link->bell >= 0 && link->arena && pthread_create(&link->thread, NULL, link_thread, link) == 0;
	if (link->started)
		return link;
	log_line(LOG_ERROR, "events", "no link to other nodes", NULL);
	events_link_free(link);
	return NULL;
}

void events_link_free(struct events_link *link)
{
	if (!link)
		return;
	pthread_mutex_lock(&link->lock);
	link->stopping = true;
	pthread_mutex_unlock(&link->lock);
	ring(link);
	if (link->started)
		pthread_join(link->thread, NULL);
	for (struct parcel *parcel; (parcel = take_parcel(link));)
		free(parcel);
	PQfinish(link->connection);
	arena_free(link->arena);
	if (link->bell >= 0)
		close(link->bell);
	pthread_mutex_destroy(&link->lock);
	free(link);
}
