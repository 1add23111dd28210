/* auth.h: who acts, what they may do, and where.
 *
 * The platform knows actors, permissions and the fence; who staff are and how they log in is the staff
 * module's, which fills the actor through app->authenticate.
 *
 * A grant gives a role's permissions within one subtree of the organisation. An organisation's `path` is
 * the ids from the root, each followed by a dot ("1.4.17."): B lies within A when B's path starts with A's.
 */
#ifndef QIFU_PLATFORM_AUTH_H
#define QIFU_PLATFORM_AUTH_H

#include "base/text.h"
#include "platform/db.h"

enum { PERMISSION_LIMIT = 192 };
struct permission_set {
	uint64_t bits[PERMISSION_LIMIT / 64];
};
void permission_add(struct permission_set *set, int permission);
bool permission_has(const struct permission_set *set, int permission);

struct grant {
	const char *org_path; /* the subtree */
	int64_t org_id;
	struct permission_set permissions;
};

enum actor_kind { ACTOR_ANONYMOUS, ACTOR_STAFF, ACTOR_KEY, ACTOR_SYSTEM, ACTOR_CUSTOMER };

struct actor {
	enum actor_kind kind;
	int64_t id;	   /* staff or API key; 0 for the system and strangers */
	const char *name;  /* as the timeline shows it; "系统" for the system */
	const char *title; /* post, role label */
	int64_t org_id;	   /* where the person belongs */
	const char *org_path;
	const struct grant *grants;
	size_t grant_count;
	int64_t session_id;
	const char *csrf;    /* NULL for keys: no cookie, no CSRF */
	const char *address; /* client address, for the audit */
	bool must_change_password;
};

extern const struct actor system_actor;	   /* may do everything, everywhere */
extern const struct actor anonymous_actor; /* may do nothing but public routes */

/* Anywhere at all (decides 403 before the body is looked at). */
bool actor_may(const struct actor *actor, int permission);
/* At that organisation. */
bool actor_may_at(const struct actor *actor, int permission, const char *org_path);

/* FORBIDDEN with a sentence unless the actor may do it at `org_id`. A record beyond every fence of the actor
 * answers NOT_FOUND instead, so that its existence isn't told. `what` is Chinese ("工单 2026-000123"). */
bool fence_require(struct ctx *c, int permission, int64_t org_id, const char *what);

/* Adds to `sql` a condition that `column` (an org id) lies within the actor's fence for `permission`, binding
 * into values[*count] on (at most FENCE_VALUES are added): "(column IN (SELECT id FROM org WHERE path >= $3
 * AND path < $4))". Nobody's fence gives "(1 = 0)"; the system's "(1 = 1)". */
enum { FENCE_VALUES = 16 };
void fence_condition(struct ctx *c, int permission, const char *column, struct text_builder *sql,
	struct value *values, size_t *count);

#endif
