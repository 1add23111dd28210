/* events.h: telling open screens what changed.
 *
 * An event is thin: what kind of record, which one, its version, the organisation it lies in. A screen that
 * shows it asks again through the API, where permission and fence decide. A stream gets only events that its
 * actor may see at that moment: the fence is looked up anew when staff or organisation change.
 *
 * Emitted within a transaction; published after its commit, to all nodes (PostgreSQL NOTIFY between them).
 */
#ifndef QIFU_PLATFORM_EVENTS_H
#define QIFU_PLATFORM_EVENTS_H

#include "platform/ctx.h"

struct event {
	const char *kind; /* "repair.dispatched" : MODULE.VERB */
	int64_t subject_id;
	int64_t org_id;	     /* 0: everybody with the permission */
	int permission;	     /* who may see it */
	int64_t staff_id;    /* not 0: for this person only */
	const char *summary; /* optional short Chinese text without personal data, for toasts */
	struct event *next;
};

void event_emit(struct ctx *c, struct event event);

struct events;
struct events *events_new(struct app *app);
void events_free(struct events *events);

/* After the commit: hands ctx->events to every stream of this node, and to the other nodes. */
void events_publish(struct ctx *c);

#endif
