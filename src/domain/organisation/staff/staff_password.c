/* staff_password.c: which passwords are good enough. */
#include <string.h>

#include "domain/core/permission/permission.h"
#include "domain/organisation/staff/password.h"
#include "domain/organisation/staff/session.h"
#include "domain/organisation/staff/staff_internal.h"
#include "platform/audit.h"
#include "platform/crypto.h"

static int kinds_of(const char *password)
{
	bool lower = false, upper = false, digit = false, other = false;
	for (const char *at = password; *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			lower = true;
		else if (*at >= 'A' && *at <= 'Z')
			upper = true;
		else if (*at >= '0' && *at <= '9')
			digit = true;
		else
			other = true;
	}
	return lower + upper + digit + other;
}

/* However it is written: full-width, upper case, with dots between. Two characters would be found in
 * anything. */
static bool contains(struct ctx *c, const char *password, const char *part)
{
	const char *form = part ? text_search_form(c->arena, part) : "";
	return text_characters(form) >= 2 && strstr(text_search_form(c->arena, password), form) != NULL;
}

static bool was_used(struct ctx *c, int64_t staff_id, const char *password, bool *used)
{
	static const char recent[] =
		"SELECT hash FROM staff_old_secret WHERE staff_id = $1 ORDER BY id DESC LIMIT $2";
	struct rows *rows;
	*used = false;
	if (!db_query(c, &rows, recent, V(staff_id), V(staff_rules(c->app)->password_remembered)))
		return false;
	while (!*used && rows_next(rows))
		*used = password_matches(rows_text(rows, 0), password);
	rows_close(rows);
	return !ctx_failed(c);
}

bool staff_password_check(struct ctx *c, const char *field, const struct staff *staff, const char *password)
{
	const struct staff_rules *rules = staff_rules(c->app);
	bool used, good = true;
	if (text_characters(password) < (size_t)rules->password_at_least)
		good = fault(
			c, field, "too_short", "密码至少 %lld 个字符", (long long)rules->password_at_least);
	if (text_characters(password) > PASSWORD_MOST)
		return fault(c, field, "too_long", "密码最多 %d 个字符", PASSWORD_MOST);
	if (kinds_of(password) < rules->password_kinds)
		good = fault(c, field, "too_simple", "密码须含小写字母、大写字母、数字、符号中的至少 %lld 种",
			(long long)rules->password_kinds);
	if (contains(c, password, staff->login) || contains(c, password, staff->name))
		good = fault(c, field, "contains_name", "密码不能包含登录名或姓名");
	if (!good || !staff->id)
		return good;
	if (!was_used(c, staff->id, password, &used))
		return false;
	return !used || fault(c, field, "used_before", "这个密码最近用过，请换一个");
}

bool staff_secret_set(struct ctx *c, int64_t staff_id, const char *hash, bool must_change)
{
	static const char upsert[] = "INSERT INTO staff_secret (staff_id, hash, set_at, must_change) VALUES "
				     "($1, $2, $3, $4) ON CONFLICT (staff_id)"
				     " DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at, "
				     "must_change = excluded.must_change";
	static const char forget[] =
		"DELETE FROM staff_old_secret WHERE staff_id = $1 AND id NOT IN"
		" (SELECT id FROM staff_old_secret WHERE staff_id = $2 ORDER BY id DESC LIMIT $3)";
	return db_run(c, upsert, V(staff_id), V(hash), V(c->now), V(must_change)) &&
	       db_run(c, "INSERT INTO staff_old_secret (id, staff_id, hash) VALUES ($1, $2, $3)",
		       V(db_new_id(c)), V(staff_id), V(hash)) &&
	       db_run(c, forget, V(staff_id), V(staff_id), V(staff_rules(c->app)->password_remembered));
}

/* Letters and digits that nobody mistakes for each other when reading them out on the telephone. */
char *password_make(struct ctx *c)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz", capitals[] = "ABCDEFGHJKLMNPQRSTUVWXYZ",
			  digits[] = "23456789";
	unsigned char random[12];
	char *password = arena_alloc(c->arena, sizeof random + 1);
	random_bytes(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++) {
		const char *set = i % 3 == 0 ? capitals : i % 3 == 1 ? letters : digits;
		password[i] = set[random[i] % strlen(set)];
	}
	return password;
}

/* ---- one's own
 * -------------------------------------------------------------------------------------------------- */

bool password_prepare_change(struct ctx *c, const char *old, const char *fresh, const char **hash)
{
	struct staff staff;
	struct rows *rows;
	if (!staff_read(c, c->actor->id, &staff) ||
		!db_query(c, &rows, "SELECT hash FROM staff_secret WHERE staff_id = $1", V(staff.id)))
		return false;
	const char *present = rows_next(rows) ? rows_text(rows, 0) : NULL;
	bool is_locked;
	rows_close(rows);
	if (ctx_failed(c) || !session_is_locked(c, staff.login, &is_locked))
		return false;
	if (is_locked)
		return fail(c, TOO_MANY, "密码输错次数过多，请 15 分钟后再试");
	if (!password_matches(present, old))
		return session_count_failure(c, staff.login) && fault(c, "old", "wrong", "原密码不正确");
	return staff_password_check(c, "new", &staff, fresh) && password_hash(c, fresh, hash);
}

bool password_change(struct ctx *c, const char *hash)
{
	if (!staff_secret_set(c, c->actor->id, hash, false) ||
		!session_end_all(c, c->actor->id, c->actor->session_id))
		return false;
	staff_tell(c, c->actor->id, c->actor->org_id);
	return audit_record(c, "password.change", "staff", c->actor->id, c->actor->org_id, NULL, NULL);
}

/* ---- another person's
 * -------------------------------------------------------------------------------------------- */

/* Who sets a password can log in with it: never that of somebody whose rights reach further than one's own
 * office does. */
static bool check_reach(struct ctx *c, const struct staff *staff)
{
	struct text_builder sql = { .arena = c->arena };
	struct value values[FENCE_VALUES + 1] = { V(staff->id) };
	struct rows *rows;
	size_t count = 1;
	text_add(&sql, "SELECT COUNT(*) FROM staff_grant WHERE staff_id = $1 AND NOT ");
	fence_condition(c, MAY_EDIT_STAFF, "org_id", &sql, values, &count);
	if (!db_query_values(c, &rows, text_built(&sql), values, count))
		return false;
	bool reaches_further = rows_next(rows) && rows_int(rows, 0) > 0;
	rows_close(rows);
	if (reaches_further)
		return fail(
			c, FORBIDDEN, "%s在您管理范围之外还有角色，请由上级安全管理员重设密码", staff->name);
	return !ctx_failed(c);
}

bool password_prepare_reset(struct ctx *c, int64_t staff_id, const char *fresh, struct password_reset *reset)
{
	struct staff staff;
	if (!staff_read(c, staff_id, &staff))
		return false;
	reset->generated = text_is_blank(fresh) ? password_make(c) : NULL;
	const char *password = reset->generated ? reset->generated : fresh;
	return staff_password_check(c, "password", &staff, password) &&
	       password_hash(c, password, &reset->hash);
}

bool password_reset(struct ctx *c, int64_t staff_id, const struct password_reset *reset)
{
	struct staff staff;
	if (!staff_read(c, staff_id, &staff) || !check_reach(c, &staff))
		return false;
	if (staff.has_left)
		return fail(c, CONFLICT, "%s已离职，不能设置密码", staff.name);
	if (!staff_secret_set(c, staff_id, reset->hash, true) || !session_end_all(c, staff_id, 0) ||
		!session_unlock(c, staff.login))
		return false;
	staff_tell(c, staff_id, staff.org_id);
	return audit_record(c, "password.reset", "staff", staff_id, staff.org_id, staff.name, NULL);
}
