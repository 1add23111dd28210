/* events_internal.h: between events.c (who gets what), stream.c (the wire) and events_postgres.c (other
 * nodes). */
#ifndef QIFU_PLATFORM_EVENTS_INTERNAL_H
#define QIFU_PLATFORM_EVENTS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "platform/app.h"
#include "platform/events.h"

enum {
	STREAMS_MOST = 2500,
	STREAM_QUEUE = 64,
	EVENT_HISTORY = 1024,
	EVENTS_WAITING_MOST = 8192,
	HEARTBEAT_MS = 15000,
	BOOT_SIZE = 9,
	NOTIFY_PAYLOAD_MOST = 7900
};

struct MHD_Connection;

/* An event on its way, shared by all the streams that show it. */
struct notice {
	_Atomic int holders;
	bool remote; /* came from another node */
	uint64_t sequence;
	int permission;
	int64_t subject_id, org_id, staff_id;
	const char *kind, *summary; /* behind the struct */
	char *org_path;		    /* malloc'd by the thread; NULL: none or unknown */
	char *wire;		    /* "id: …\ndata: …\n\n", malloc'd */
	size_t wire_length;
	struct notice *next;
};

struct stream {
	struct events *events;
	struct stream *next, **link;
	struct MHD_Connection *mhd;
	bool suspended, ended, resync, ping;
	struct notice *queue[STREAM_QUEUE];
	size_t first, count;
	/* what is being written */
	struct notice *holding;
	const char *out;
	size_t out_length;
	char line[96];
	/* whose it is */
	struct arena *arena;
	struct actor actor;
	char *session_token, *bearer, *address;
	int64_t next_ping_ms;
};

struct events_link;

struct events {
	struct app *app;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	pthread_t thread;
	bool started, stopping;
	struct notice *waiting, **waiting_last;
	size_t waiting_count;
	bool gap; /* something was lost: everybody asks anew */
	uint64_t sequence;
	struct notice *history[EVENT_HISTORY];
	struct stream *streams;
	size_t stream_count;
	char boot[BOOT_SIZE];
	struct events_link *link;
};

void notice_drop(struct notice *notice);
/* From events_postgres.c: another node's event; a time in which its events were not heard. */
void events_take_remote(struct events *events, const struct event *event);
void events_take_gap(struct events *events);

/* PostgreSQL only; NULL on failure (logged). */
struct events_link *events_link_new(struct events *events);
void events_link_free(struct events_link *link);
void events_link_send(struct events_link *link, const struct notice *notice);

/* For stream.c. False when there are too many or the events are stopping. `last_id` is Last-Event-ID or NULL.
 */
bool events_join(struct events *events, struct stream *stream, const char *last_id);
void events_leave(struct stream *stream);
size_t events_streams(struct events *events);
/* Closes all streams. */
void events_end_streams(struct events *events);

#endif
