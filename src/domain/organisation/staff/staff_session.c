/* staff_session.c: who is behind a cookie. Runs before every request, so it costs two prepared SELECTs and no
 * write. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/key.h"
#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"
#include "platform/crypto.h"

enum {
	GRANTS_MOST = 64,
	TOKEN_SIZE = 32,
	CSRF_SIZE = 18,
	TOKEN_TEXT_MOST = 128,
	AGENT_MOST = 200,
	SESSIONS_MOST = 20
};

static const char *token_digest(struct ctx *c, const char *token)
{
	unsigned char digest[DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	sha256(token, strlen(token), digest);
	return arena_text(c->arena, digest_hex(digest, hex));
}

/* ---- the actor
 * ------------------------------------------------------------------------------------------------------ */

/* A role that the rulebook no longer knows gives nothing. */
static bool read_grants(struct ctx *c, struct actor *actor)
{
	static const char of_person[] =
		"SELECT g.role, g.org_id, o.path FROM staff_grant g JOIN org_tree o ON o.id = g.org_id"
		" WHERE g.staff_id = $1 ORDER BY g.id LIMIT 64";
	struct rows *rows;
	if (!db_query(c, &rows, of_person, V(actor->id)))
		return false;
	struct grant *grants = arena_array(c->arena, struct grant, GRANTS_MOST);
	while (actor->grant_count < GRANTS_MOST && rows_next(rows)) {
		const struct role *role = role_of_code(c->app, rows_text(rows, 0));
		if (!role)
			continue;
		if (!actor->title)
			actor->title = role->label;
		grants[actor->grant_count++] = (struct grant){ .org_path = rows_text(rows, 2),
			.org_id = rows_int(rows, 1),
			.permissions = role->permissions };
	}
	rows_close(rows);
	actor->grants = grants;
	return !ctx_failed(c);
}

/* The address is the platform's and stays. */
static void clear(struct actor *actor)
{
	const char *address = actor->address;
	*actor = anonymous_actor;
	actor->address = address;
}

static bool is_over(struct ctx *c, int64_t session_id, int64_t seen_ms, int64_t expires_ms)
{
	return c->now.ms >= expires_ms ||
	       c->now.ms - staff_seen_at(c->app, session_id, seen_ms) >= staff_rules(c->app)->session_idle_ms;
}

static bool password_is_old(struct ctx *c, struct instant set_at)
{
	return set_at.ms && c->now.ms - set_at.ms >= staff_rules(c->app)->password_expires_ms;
}

static bool read_session(struct ctx *c, const char *token, struct actor *actor)
{
	static const char of_token[] =
		"SELECT n.id, n.staff_id, n.csrf, n.seen_at, n.expires_at, s.name, s.post, s.org_id, o.path,"
		" p.must_change, p.set_at FROM staff_session n JOIN staff s ON s.id = n.staff_id"
		" JOIN org_tree o ON o.id = s.org_id JOIN staff_secret p ON p.staff_id = s.id"
		" WHERE n.token_digest = $1 AND s.has_left = 0";
	struct rows *rows;
	if (!db_query(c, &rows, of_token, V(token_digest(c, token))))
		return false;
	bool found = rows_next(rows);
	int64_t seen_ms = found ? rows_int(rows, 3) : 0;
	if (found && !is_over(c, rows_int(rows, 0), seen_ms, rows_int(rows, 4))) {
		actor->kind = ACTOR_STAFF;
		actor->session_id = rows_int(rows, 0);
		actor->id = rows_int(rows, 1);
		actor->csrf = rows_text(rows, 2);
		actor->name = rows_text(rows, 5);
		actor->title = rows_text(rows, 6);
		actor->org_id = rows_int(rows, 7);
		actor->org_path = rows_text(rows, 8);
		actor->must_change_password =
			rows_bool(rows, 9) || password_is_old(c, rows_instant(rows, 10));
	}
	rows_close(rows);
	if (ctx_failed(c) || actor->kind != ACTOR_STAFF)
		return !ctx_failed(c);
	staff_seen_now(c, actor->session_id, false, seen_ms);
	return read_grants(c, actor);
}

bool staff_authenticate(struct ctx *c, const char *session_token, const char *bearer, struct actor *actor)
{
	clear(actor);
	bool good = true;
	if (bearer)
		good = key_authenticate(c, bearer, actor);
	else if (session_token && *session_token && strlen(session_token) <= TOKEN_TEXT_MOST)
		good = read_session(c, session_token, actor);
	if (!good)
		clear(actor);
	return good;
}

/* ---- beginning and ending
 * ------------------------------------------------------------------------------------------- */

/* Nobody needs more open browsers than this; the longest unused ones go. */
static bool end_surplus(struct ctx *c, int64_t staff_id)
{
	return db_run(c,
		"DELETE FROM staff_session WHERE staff_id = $1 AND id NOT IN"
		" (SELECT id FROM staff_session WHERE staff_id = $2 ORDER BY seen_at DESC, id DESC LIMIT $3)",
		V(staff_id), V(staff_id), V(SESSIONS_MOST));
}

/* The password was checked before this transaction began: is it still the one? */
static bool still_good(struct ctx *c, const struct login *login)
{
	int64_t same;
	if (!db_number(c, &same, 0,
		    "SELECT COUNT(*) FROM staff_secret p JOIN staff s ON s.id = p.staff_id"
		    " WHERE p.staff_id = $1 AND p.hash = $2 AND s.has_left = 0",
		    V(login->staff_id), V(login->hash)))
		return false;
	return same || fail(c, UNAUTHENTICATED, "登录名或密码不正确，请核对后重试");
}

static const char *at_most(struct ctx *c, const char *text, size_t characters)
{
	const char *end = text;
	if (!text)
		return NULL;
	for (size_t i = 0; i < characters && *end; i++)
		text_next(&end);
	return arena_text_n(c->arena, text, (size_t)(end - text));
}

bool session_insert(struct ctx *c, const struct login *login, const char *agent, const char **token)
{
	static const char insert[] = "INSERT INTO staff_session (id, staff_id, token_digest, csrf, address, "
				     "agent, opened_at, seen_at, expires_at)"
				     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
	if (!still_good(c, login))
		return false;
	*token = random_token(c->arena, TOKEN_SIZE);
	struct instant expires_at = instant_plus(c->now, staff_rules(c->app)->session_longest_ms);
	if (!db_run(c, insert, V(db_new_id(c)), V(login->staff_id), V(token_digest(c, *token)),
		    V(random_token(c->arena, CSRF_SIZE)), V(c->actor->address),
		    V(at_most(c, agent, AGENT_MOST)), V(c->now), V(c->now), V(expires_at)) ||
		!end_surplus(c, login->staff_id))
		return false;
	struct actor *actor = arena_new_object(c->arena, struct actor);
	actor->address = c->actor->address;
	if (!read_session(c, *token, actor))
		return false;
	if (actor->kind != ACTOR_STAFF)
		return fail(c, UNAUTHENTICATED, "登录名或密码不正确，请核对后重试");
	c->actor = actor;
	return audit_record(c, "session.open", "staff", actor->id, actor->org_id, NULL, NULL);
}

bool session_end(struct ctx *c, int64_t session_id, int64_t staff_id)
{
	int64_t ended;
	if (!db_run_counting(c, &ended, "DELETE FROM staff_session WHERE id = $1 AND staff_id = $2",
		    V(session_id), V(staff_id)))
		return false;
	if (!ended)
		return fail(c, NOT_FOUND, "没有这个登录，可能已经结束");
	staff_tell(c, staff_id, c->actor->org_id);
	return audit_record(c, "session.end", "staff", staff_id, c->actor->org_id, NULL, NULL);
}

bool session_end_all(struct ctx *c, int64_t staff_id, int64_t kept)
{
	return db_run(c, "DELETE FROM staff_session WHERE staff_id = $1 AND id <> $2", V(staff_id), V(kept));
}

bool session_write(struct ctx *c, struct json_out *out)
{
	static const char own[] =
		"SELECT id, address, agent, opened_at, seen_at, expires_at FROM staff_session"
		" WHERE staff_id = $1 ORDER BY seen_at DESC, id DESC";
	struct rows *rows;
	if (!db_query(c, &rows, own, V(c->actor->id)))
		return false;
	out_object_open(out);
	out_key(out, "items");
	out_array_open(out);
	while (rows_next(rows)) {
		int64_t id = rows_int(rows, 0), seen_ms = staff_seen_at(c->app, id, rows_int(rows, 4));
		if (is_over(c, id, seen_ms, rows_int(rows, 5)))
			continue;
		out_object_open(out);
		put_int(out, "id", id);
		put_text(out, "address", rows_text(rows, 1));
		put_text(out, "agent", rows_text(rows, 2));
		put_instant(out, "created_at", rows_instant(rows, 3));
		put_instant(out, "seen_at", (struct instant){ seen_ms });
		put_bool(out, "current", id == c->actor->session_id);
		out_object_close(out);
	}
	out_array_close(out);
	out_object_close(out);
	return !ctx_failed(c);
}
