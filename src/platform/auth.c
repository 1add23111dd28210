/* auth.c: permission sets and the fence.
 *
 * The table org belongs to the organisation's module. The platform knows two of its columns, org.id and
 * org.path, and no other name of the domain: the one exception to "the platform knows no trade". */
#include <assert.h>
#include <string.h>

#include "platform/auth.h"
#include "platform/log.h"

const struct actor system_actor = { .kind = ACTOR_SYSTEM, .name = "系统" };
const struct actor anonymous_actor = { .kind = ACTOR_ANONYMOUS };

void permission_add(struct permission_set *set, int permission)
{
	assert(permission > 0 && permission < PERMISSION_LIMIT);
	set->bits[permission / 64] |= UINT64_C(1) << (permission % 64);
}

bool permission_has(const struct permission_set *set, int permission)
{
	if (permission <= 0 || permission >= PERMISSION_LIMIT)
		return false;
	return set->bits[permission / 64] >> (permission % 64) & 1;
}

bool actor_may(const struct actor *actor, int permission)
{
	if (actor->kind == ACTOR_SYSTEM)
		return true;
	for (size_t i = 0; i < actor->grant_count; i++)
		if (permission_has(&actor->grants[i].permissions, permission))
			return true;
	return false;
}

/* A grant without a path reaches nothing. */
static bool grant_covers(const struct grant *grant, const char *org_path)
{
	return grant->org_path && *grant->org_path && org_path && text_starts(org_path, grant->org_path);
}

bool actor_may_at(const struct actor *actor, int permission, const char *org_path)
{
	if (actor->kind == ACTOR_SYSTEM)
		return true;
	for (size_t i = 0; i < actor->grant_count; i++)
		if (permission_has(&actor->grants[i].permissions, permission) &&
			grant_covers(&actor->grants[i], org_path))
			return true;
	return false;
}

static bool sees_at(const struct actor *actor, const char *org_path)
{
	for (size_t i = 0; i < actor->grant_count; i++)
		if (grant_covers(&actor->grants[i], org_path))
			return true;
	return false;
}

bool fence_require(struct ctx *c, int permission, int64_t org_id, const char *what)
{
	if (c->actor->kind == ACTOR_SYSTEM)
		return true;
	struct rows *rows;
	if (!db_query(c, &rows, "SELECT path FROM org WHERE id = $1", V(org_id)))
		return false;
	const char *path = rows_next(rows) ? rows_text(rows, 0) : NULL;
	rows_close(rows);
	if (ctx_failed(c))
		return false;
	if (actor_may_at(c->actor, permission, path))
		return true;
	if (sees_at(c->actor, path))
		return fail(c, FORBIDDEN, "您没有办理%s的权限，请联系上级或系统管理员", what);
	return fail(c, NOT_FOUND, "没有找到%s", what);
}

/* Whether another grant of the same permission already takes `at` in (of two equal ones, the earlier). */
static bool within_another(const struct actor *actor, int permission, size_t at)
{
	const struct grant *own = &actor->grants[at];
	for (size_t i = 0; i < actor->grant_count; i++) {
		const struct grant *other = &actor->grants[i];
		if (i == at || !permission_has(&other->permissions, permission) ||
			!grant_covers(other, own->org_path))
			continue;
		if (strcmp(other->org_path, own->org_path) != 0 || i < at)
			return true;
	}
	return false;
}

void fence_condition(struct ctx *c, int permission, const char *column, struct text_builder *sql,
	struct value *values, size_t *count)
{
	const struct actor *actor = c->actor;
	if (actor->kind == ACTOR_SYSTEM) {
		text_add(sql, "(1 = 1)");
		return;
	}
	size_t subtrees = 0;
	for (size_t i = 0; i < actor->grant_count; i++) {
		const struct grant *grant = &actor->grants[i];
		if (!permission_has(&grant->permissions, permission) ||
			!grant_covers(grant, grant->org_path) || within_another(actor, permission, i))
			continue;
		if (subtrees == FENCE_VALUES) {
			/* Showing too little is safe, too much is not. */
			log_line(LOG_WARN, "auth", "more subtrees than a fence takes", NULL);
			break;
		}
		values[*count] = V(grant->org_path);
		++*count;
		if (subtrees)
			text_add(sql, " OR ");
		else
			text_add_format(sql, "(%s IN (SELECT id FROM org WHERE ", column);
		/* '~' is above the digits and the dot: the end of everything that begins with the path. */
		text_add_format(sql, "path >= $%zu AND path < $%zu || '~'", *count, *count);
		subtrees++;
	}
	text_add(sql, subtrees ? "))" : "(1 = 0)");
}
