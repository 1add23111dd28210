/* events.c: who gets to hear of what. One thread takes what was published, finds out where it lies, and gives
 * it to the streams that may see it; stream.c writes it out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "platform/crypto.h"
#include "platform/events_internal.h"
#include "platform/json.h"
#include "platform/log.h"
#include "platform/stream.h"

enum {
	ACTOR_ARENA_CAP = 4 * 1024 * 1024,
	WORK_ARENA_CAP = 16 * 1024 * 1024,
	TURN_MOST = 256,
	TICK_MS = 1000
};

static int64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- emitting --------------------------------------------------------------------------------------------
 */

void event_emit(struct ctx *c, struct event event)
{
	struct event *made = arena_copy(c->arena, &event, sizeof event);
	made->kind = arena_text(c->arena, event.kind);
	made->summary = event.summary ? arena_text(c->arena, event.summary) : NULL;
	made->next = NULL;
	struct event **last = &c->events;
	while (*last)
		last = &(*last)->next;
	*last = made;
}

static struct notice *notice_new(const struct event *event)
{
	size_t kind = strlen(event->kind) + 1, summary = event->summary ? strlen(event->summary) + 1 : 0;
	struct notice *notice = calloc(1, sizeof *notice + kind + summary);
	if (!notice)
		return NULL;
	char *text = (char *)(notice + 1);
	memcpy(text, event->kind, kind);
	notice->kind = text;
	if (summary)
		notice->summary = memcpy(text + kind, event->summary, summary);
	notice->permission = event->permission;
	notice->subject_id = event->subject_id;
	notice->org_id = event->org_id;
	notice->staff_id = event->staff_id;
	atomic_store(&notice->holders, 1);
	return notice;
}

void notice_drop(struct notice *notice)
{
	if (!notice || atomic_fetch_sub(&notice->holders, 1) > 1)
		return;
	free(notice->org_path);
	free(notice->wire);
	free(notice);
}

static struct notice *notice_hold(struct notice *notice)
{
	atomic_fetch_add(&notice->holders, 1);
	return notice;
}

/* With the lock held. What cannot be kept becomes a gap, never silence. */
static void put_waiting(struct events *events, const struct event *event, bool remote)
{
	struct notice *notice = events->waiting_count < EVENTS_WAITING_MOST ? notice_new(event) : NULL;
	if (!notice) {
		events->gap = true;
		return;
	}
	notice->remote = remote;
	*events->waiting_last = notice;
	events->waiting_last = &notice->next;
	events->waiting_count++;
}

void events_publish(struct ctx *c)
{
	struct events *events = c->app->events;
	if (!events)
		return;
	pthread_mutex_lock(&events->lock);
	for (const struct event *event = c->events; event; event = event->next)
		put_waiting(events, event, false);
	pthread_cond_signal(&events->arrived);
	pthread_mutex_unlock(&events->lock);
	c->events = NULL;
}

void events_take_remote(struct events *events, const struct event *event)
{
	pthread_mutex_lock(&events->lock);
	put_waiting(events, event, true);
	pthread_cond_signal(&events->arrived);
	pthread_mutex_unlock(&events->lock);
}

void events_take_gap(struct events *events)
{
	pthread_mutex_lock(&events->lock);
	events->gap = true;
	pthread_cond_signal(&events->arrived);
	pthread_mutex_unlock(&events->lock);
}

/* ---- to the streams --------------------------------------------------------------------------------------
 */

static bool may_see(const struct stream *stream, const struct notice *notice)
{
	const struct actor *actor = &stream->actor;
	if (notice->staff_id)
		return actor->kind == ACTOR_STAFF && actor->id == notice->staff_id;
	if (!notice->permission)
		return true;
	if (!notice->org_id)
		return actor_may(actor, notice->permission);
	return actor_may_at(actor, notice->permission, notice->org_path);
}

static void stream_empty(struct stream *stream)
{
	for (; stream->count; stream->count--)
		notice_drop(stream->queue[stream->first++ % STREAM_QUEUE]);
	stream->first = 0;
}

static void stream_resync(struct stream *stream)
{
	stream_empty(stream);
	stream->resync = true;
}

static void stream_put(struct stream *stream, struct notice *notice)
{
	if (stream->ended || !may_see(stream, notice))
		return;
	if (stream->count == STREAM_QUEUE) {
		stream_resync(stream);
		return;
	}
	stream->queue[(stream->first + stream->count++) % STREAM_QUEUE] = notice_hold(notice);
}

static bool has_something(const struct stream *stream)
{
	return stream->count || stream->resync || stream->ended || stream->ping;
}

static void wake_streams(struct events *events)
{
	for (struct stream *stream = events->streams; stream; stream = stream->next)
		if (stream->suspended && has_something(stream)) {
			stream->suspended = false;
			stream_wake(stream);
		}
}

/* Asks anew who is behind a stream; one whose session has ended is closed. */
static void reauthenticate(struct events *events, struct stream *stream, struct conn *conn)
{
	struct app *app = events->app;
	struct arena *arena = arena_new(ACTOR_ARENA_CAP);
	struct actor actor = anonymous_actor;
	if (!arena)
		return;
	actor.address = stream->address;
	struct ctx c = { .app = app,
		.arena = arena,
		.conn = conn,
		.actor = &anonymous_actor,
		.now = app_now(app),
		.passive = true };
	bool known =
		app->authenticate && app->authenticate(&c, stream->session_token, stream->bearer, &actor);
	bool unsure = !known && ctx_failed(&c); /* the database is away: nobody is thrown out for that */
	if (unsure) {
		arena_free(arena);
		return;
	}
	arena_free(stream->arena);
	stream->arena = arena;
	stream->actor = actor;
	stream->ended =
		stream->ended || !known || actor.kind == ACTOR_ANONYMOUS || actor.must_change_password;
}

static bool changes_rights(const struct notice *notice)
{
	return text_starts(notice->kind, "org.") || text_starts(notice->kind, "staff.");
}

/* ---- the thread ------------------------------------------------------------------------------------------
 */

/* Where each event lies. Done once, not by every stream. */
static void find_paths(struct ctx *c, struct notice *notice)
{
	for (; notice; notice = notice->next) {
		struct rows *rows;
		if (!notice->org_id || notice->org_path)
			continue;
		if (!c->conn ||
			!db_query(c, &rows, "SELECT path FROM org WHERE id = $1", V(notice->org_id))) {
			ctx_forgive(c);
			continue;
		}
		const char *path = rows_next(rows) ? rows_text(rows, 0) : NULL;
		notice->org_path = path ? strdup(path) : NULL;
		rows_close(rows);
		ctx_forgive(c);
	}
}

static void write_wire(struct events *events, struct arena *arena, struct notice *notice)
{
	struct json_out out = json_out_new(arena);
	text_add_format(&out.text, "id: %s-%llu\ndata: ", events->boot, (unsigned long long)notice->sequence);
	out_object_open(&out);
	put_text(&out, "kind", notice->kind);
	put_id(&out, "subject_id", notice->subject_id);
	put_id(&out, "org_id", notice->org_id);
	if (notice->summary)
		put_text(&out, "summary", notice->summary);
	out_object_close(&out);
	text_add(&out.text, "\n\n");
	notice->wire = strdup(json_out_text(&out));
	notice->wire_length = notice->wire ? out.text.length : 0;
}

/* With the lock held. */
static void deliver(struct events *events, struct arena *arena, struct notice *notice)
{
	notice->sequence = ++events->sequence;
	write_wire(events, arena, notice);
	struct notice **kept = &events->history[notice->sequence % EVENT_HISTORY];
	notice_drop(*kept);
	*kept = notice;
	if (!notice->wire) {
		events->gap = true;
		return;
	}
	for (struct stream *stream = events->streams; stream; stream = stream->next)
		stream_put(stream, notice);
}

static void beat(struct events *events, struct conn *conn, bool rights_changed)
{
	int64_t now = monotonic_ms();
	for (struct stream *stream = events->streams; stream; stream = stream->next) {
		bool due = now >= stream->next_ping_ms;
		if (due) {
			stream->ping = true;
			stream->next_ping_ms = now + HEARTBEAT_MS;
		}
		if ((due || rights_changed) && conn)
			reauthenticate(events, stream, conn);
	}
}

static bool beat_is_due(const struct events *events)
{
	int64_t now = monotonic_ms();
	for (const struct stream *stream = events->streams; stream; stream = stream->next)
		if (now >= stream->next_ping_ms)
			return true;
	return false;
}

/* A bounded piece, since the thread's memory is. */
static struct notice *take_waiting(struct events *events)
{
	struct notice *list = events->waiting, *last = list;
	if (!list)
		return NULL;
	events->waiting_count--;
	for (size_t i = 1; i < TURN_MOST && last->next; i++) {
		last = last->next;
		events->waiting_count--;
	}
	events->waiting = last->next;
	last->next = NULL;
	if (!events->waiting)
		events->waiting_last = &events->waiting;
	return list;
}

static void turn(struct events *events, struct arena *arena, struct notice *list, bool due)
{
	bool rights_changed = false, placed = false;
	for (struct notice *notice = list; notice; notice = notice->next) {
		rights_changed = rights_changed || changes_rights(notice);
		placed = placed || notice->org_id;
		if (events->link && !notice->remote)
			events_link_send(events->link, notice);
	}
	struct ctx c = {
		.app = events->app, .arena = arena, .actor = &system_actor, .now = app_now(events->app)
	};
	c.conn = due || rights_changed || placed ? db_borrow(events->app->db) : NULL;
	find_paths(&c, list);
	pthread_mutex_lock(&events->lock);
	beat(events, c.conn, rights_changed);
	while (list) {
		struct notice *next = list->next;
		deliver(events, arena, list);
		list = next;
	}
	if (events->gap)
		for (struct stream *stream = events->streams; stream; stream = stream->next)
			stream_resync(stream);
	events->gap = false;
	wake_streams(events);
	pthread_mutex_unlock(&events->lock);
	db_return(c.conn);
}

static void *events_thread(void *data)
{
	struct events *events = data;
	struct arena *arena = arena_new(WORK_ARENA_CAP);
	bool stopping = !arena;
	while (!stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += TICK_MS / 1000;
		pthread_mutex_lock(&events->lock);
		int late = 0;
		while (!events->waiting && !events->gap && !events->stopping && !late)
			late = pthread_cond_timedwait(&events->arrived, &events->lock, &until);
		struct notice *list = take_waiting(events);
		bool due = beat_is_due(events), gap = events->gap;
		stopping = events->stopping;
		pthread_mutex_unlock(&events->lock);
		if (list || due || gap)
			turn(events, arena, list, due);
		arena_reset(arena);
	}
	arena_free(arena);
	return NULL;
}

/* ---- streams come and go ---------------------------------------------------------------------------------
 */

/* What a returning screen has missed, when it is still known; otherwise it asks anew. */
static void catch_up(struct events *events, struct stream *stream, const char *last_id)
{
	size_t boot = strlen(events->boot);
	char *end = NULL;
	uint64_t seen = 0;
	if (strncmp(last_id, events->boot, boot) == 0 && last_id[boot] == '-')
		seen = strtoull(last_id + boot + 1, &end, 10);
	if (!end || *end || seen > events->sequence || events->sequence - seen >= EVENT_HISTORY) {
		stream->resync = true;
		return;
	}
	for (uint64_t at = seen + 1; at <= events->sequence && !stream->resync; at++)
		if (events->history[at % EVENT_HISTORY] && events->history[at % EVENT_HISTORY]->wire)
			stream_put(stream, events->history[at % EVENT_HISTORY]);
}

bool events_join(struct events *events, struct stream *stream, const char *last_id)
{
	pthread_mutex_lock(&events->lock);
	bool taken = !events->stopping && events->stream_count < STREAMS_MOST;
	if (taken) {
		stream->events = events;
		stream->next_ping_ms = monotonic_ms() + HEARTBEAT_MS;
		stream->next = events->streams;
		stream->link = &events->streams;
		if (stream->next)
			stream->next->link = &stream->next;
		events->streams = stream;
		events->stream_count++;
		if (last_id)
			catch_up(events, stream, last_id);
	}
	pthread_mutex_unlock(&events->lock);
	return taken;
}

void events_leave(struct stream *stream)
{
	struct events *events = stream->events;
	pthread_mutex_lock(&events->lock);
	*stream->link = stream->next;
	if (stream->next)
		stream->next->link = stream->link;
	events->stream_count--;
	stream_empty(stream);
	notice_drop(stream->holding);
	pthread_mutex_unlock(&events->lock);
}

size_t events_streams(struct events *events)
{
	if (!events)
		return 0;
	pthread_mutex_lock(&events->lock);
	size_t count = events->stream_count;
	pthread_mutex_unlock(&events->lock);
	return count;
}

void events_end_streams(struct events *events)
{
	if (!events)
		return;
	pthread_mutex_lock(&events->lock);
	events->stopping = true;
	for (struct stream *stream = events->streams; stream; stream = stream->next)
		stream->ended = true;
	wake_streams(events);
	pthread_cond_signal(&events->arrived);
	pthread_mutex_unlock(&events->lock);
}

/* ---- life ------------------------------------------------------------------------------------------------
 */

struct events *events_new(struct app *app)
{
	struct events *events = calloc(1, sizeof *events);
	unsigned char random[4];
	if (!events)
		return NULL;
	events->app = app;
	events->waiting_last = &events->waiting;
	random_bytes(random, sizeof random);
	snprintf(events->boot, sizeof events->boot, "%02x%02x%02x%02x", random[0], random[1], random[2],
		random[3]);
	pthread_mutex_init(&events->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&events->arrived, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (db_kind(app->db) == DB_POSTGRES)
		events->link = events_link_new(events);
	events->started = pthread_create(&events->thread, NULL, events_thread, events) == 0;
	if (events->started)
		return events;
	log_line(LOG_ERROR, "events", "cannot start", NULL);
	events_free(events);
	return NULL;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	events_end_streams(events);
	if (events->started)
		pthread_join(events->thread, NULL);
	events_link_free(events->link);
	for (struct notice *list; (list = take_waiting(events));)
		for (struct notice *next; list; list = next) {
			next = list->next;
			notice_drop(list);
		}
	for (size_t i = 0; i < EVENT_HISTORY; i++)
		notice_drop(events->history[i]);
	pthread_cond_destroy(&events->arrived);
	pthread_mutex_destroy(&events->lock);
	free(events);
}
